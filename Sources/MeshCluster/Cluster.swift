internal import Glibc
internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshTopology

/// A cluster that runs: its nodes as processes, the links between them, and what befalls them.
///
/// It lives on one loop, and all processes are started on that loop's thread, which lasts as long as this process: they
/// are killed by the kernel when it ends, however it ends. ``keepTime()`` is to run all the while; ``close()`` comes
/// last.
actor Cluster {
    let plan: ClusterPlan
    let loop: EventLoop
    let clock: any Clock
    let output: ClusterOutput
    let links: ClusterLinks
    let checks: Bool
    var nodes: [ClusterNode] = []
    var addresses: NodeAddresses
    /// Where the hub's listeners are, once it has said so.
    var hubAddress: SocketAddress?
    var enrolmentAddress: SocketAddress?
    var operatorsAddress: String?
    /// Faults to come, the next one last.
    var faults: [TopologyFault] = []
    var faultsBegan: Instant?
    var generator: SeededGenerator
    private var notices: NoticeSocket?
    private let timer = Signal()
    private var waiting: [OneShot<Done>] = []
    private(set) var isStopping = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ plan: ClusterPlan, on loop: EventLoop, clock: any Clock, output: ClusterOutput, checks: Bool, seed: UInt64) {
        self.plan = plan
        self.loop = loop
        self.clock = clock
        self.output = output
        self.checks = checks
        links = ClusterLinks(on: loop)
        addresses = plan.hub.addresses
        generator = SeededGenerator(seed: seed)
    }

    // MARK: Life

    /// Begins to hear the nodes; none is started yet.
    func open() throws {
        nodes = plan.topology.nodes.map { ClusterNode($0) }
        notices = try NoticeSocket(in: plan.folder, on: loop, number: generator.next()) { [weak self] process, said in
            self?.assumeIsolated { $0.told(by: process, said) }
        }
    }

    /// Starts, restarts and kills nodes, and lets faults happen, when their time has come; until cancelled.
    func keepTime() async {
        while !Task.isCancelled {
            doWhatIsDue()
            let deadlines = nodes.compactMap { $0.life.nextDeadline } + [nextFault].compactMap { $0 }
            await timer.wait(until: deadlines.min(), on: clock)
        }
    }

    /// Tells all edges to stop, then the hub; returns when none is left.
    func stop() async {
        isStopping = true
        faults = []
        links.healAll()
        for node in nodes where node.description.role == .edge { stop(node) }
        await wait { nodes in !nodes.contains { $0.description.role == .edge && $0.process != nil } }
        for node in nodes { stop(node) }
        await wait { nodes in !nodes.contains { $0.process != nil } }
    }

    /// Ends what is left: links, notices, and every process.
    func close() {
        isStopping = true
        for node in nodes { if let process = node.process { Spawner.send(.kill, to: process) } }
        links.close()
        notices?.close()
        notices = nil
    }

    private func stop(_ node: ClusterNode) {
        perform(node.life.stop(now: clock.now, patience: Limits.Cluster.stopPatience), on: node)
    }

    // MARK: Waiting

    /// Returns once `isSo`, which is asked after each change, or when the task is cancelled.
    func wait(until isSo: @Sendable ([ClusterNode]) -> Bool) async {
        while !isSo(nodes), !Task.isCancelled {
            let change = OneShot<Done>()
            waiting.append(change)
            _ = try? await change.wait()
        }
    }

    /// Something about the nodes is different.
    func changed() {
        for waiter in waiting { waiter.open(Done()) }
        waiting = []
        timer.raise()
    }

    /// The node of that name.
    subscript(name: NodeID) -> ClusterNode? { nodes.first { $0.name == name } }

    /// How many do what they are there for.
    var readyCount: Int { nodes.count { $0.isReady && $0.life.phase == .ready } }

    // MARK: Processes

    /// Starts the node of that name for the first time.
    func start(_ name: NodeID) {
        guard let node = self[name], !isStopping else { return }
        perform(node.life.start(), on: node)
    }

    private func doWhatIsDue() {
        let now = clock.now
        for node in nodes {
            while let deadline = node.life.nextDeadline, deadline <= now {
                perform(node.life.deadlineReached(now: now), on: node)
            }
        }
        while let due = nextFault, due <= now, let fault = faults.popLast() {
            say("fault", "\(fault.action)")
            if let problem = befall(fault.action) { say("fault-refused", problem, level: .warning) }
        }
    }

    private var nextFault: Instant? {
        guard let faultsBegan, let fault = faults.last else { return nil }
        return faultsBegan + fault.at
    }

    /// Does what a machine wants; the words say why it does not.
    @discardableResult
    func perform(_ action: NodeLifeStateMachine.Action, on node: ClusterNode) -> String? {
        switch action {
        case .nothing: break
        case .refuse(let words): return "\(node.name) \(words)"
        case .signal(let signals):
            for signal in signals { if let process = node.process { Spawner.send(signal, to: process) } }
        case .spawn: spawn(node)
        }
        changed()
        return nil
    }

    private func spawn(_ node: ClusterNode) {
        node.formerBeats.sent += node.beats.sent
        node.formerBeats.acknowledged += node.beats.acknowledged
        (node.beats, node.serves, node.isConnected) = (ClusterNode.BeatCounts(), false, false)
        do {
            guard let notices else { throw ClusterError(.failed, "the cluster is ending") }
            let words = try words(for: node)
            let process = try Spawner.spawn(words, plan.variables(of: node.name), noticesTo: notices.name)
            try watch(process, of: node)
            node.process = process.number
            node.life.spawned(now: clock.now)
        } catch {
            node.life.notStarted(now: clock.now)
            let words = "\(node.name) cannot be started, and is \(node.life.phase.rawValue): \(error)"
            say("not-started", words, level: .error)
        }
    }

    /// Hears what the process writes, and that it ends; where that cannot be, it is no more.
    private func watch(_ process: SpawnedProcess, of node: ClusterNode) throws {
        let name = node.name
        let pipe: NodePipe
        do {
            pipe = try NodePipe(process.output, on: loop) { [weak self] line in
                self?.assumeIsolated { $0.heard(line, from: name) }
            }
        } catch {
            Spawner.discard(process)
            throw error
        }
        let isWatched = Spawner.watch(process.number) { [weak self, loop] in
            _ = loop.execute { [weak self] in self?.assumeIsolated { $0.ended(name, process.number) } }
        }
        guard isWatched else {
            Spawner.end(process.number)
            pipe.close()
            throw ClusterError(.failed, "there is no thread to watch its process")
        }
        node.pipe = pipe
    }

    private func words(for node: ClusterNode) throws -> [String] {
        guard node.description.role == .edge else { return plan.words(hubAt: addresses, checks: checks) }
        guard let hubAddress, let enrolmentAddress else { throw ClusterError(.failed, "nobody knows the hub yet") }
        let place = try links.address(of: node.description, hubAt: hubAddress, seed: generator.next())
        return plan.words(edge: node.name, hubAt: "\(place)", enrolAt: "\(enrolmentAddress)")
    }

    /// The process has ended.
    private func ended(_ name: NodeID, _ process: pid_t) {
        guard let node = self[name], node.process == process else { return }
        let end = Spawner.end(of: process) ?? "nobody knows how"
        node.pipe?.close()
        let phase = node.life.phase
        (node.process, node.pipe, node.serves, node.isConnected) = (nil, nil, false, false)
        node.life.ended(now: clock.now)
        let after = node.life.phase
        let isExpected = phase == .stopping && end == "with code 0"
        if !isExpected { say("ended", "\(name) ended \(end), and is \(after.rawValue)", level: .warning) }
        changed()
    }

    // MARK: What nodes say

    private func heard(_ text: String, from name: NodeID) {
        guard let node = self[name] else { return }
        let line = NodeLine(node: name, text: text)
        node.lastLine = line
        if line.level >= .warning { node.lastWarning = line }
        output.say(line)
    }

    private func told(by process: pid_t, _ said: [Substring: Substring]) {
        guard let node = nodes.first(where: { $0.process == process }) else { return }
        if said["READY"] == "1" { node.serves = true }
        if said["STOPPING"] == "1" { node.serves = false }
        if node.description.role == .hub, said["READY"] == "1" { take(said) }
        if let state = said["X_MESHNODE_TUNNEL_STATE"] { node.isConnected = state == "connected" }
        if let sent = said["X_MESHNODE_BEATS_SENT"].flatMap({ Int($0) }),
            let acknowledged = said["X_MESHNODE_BEATS_ACKNOWLEDGED"].flatMap({ Int($0) })
        {
            if acknowledged > node.beats.acknowledged { node.lastAcknowledged = clock.now }
            node.beats = ClusterNode.BeatCounts(sent: sent, acknowledged: acknowledged)
        }
        node.life.becameReady(node.isReady)
        changed()
    }

    /// Where the hub listens; from now on always there, so that it is found again after its end.
    private func take(_ said: [Substring: Substring]) {
        guard let listen = said["X_MESHNODE_ADDRESS"].map(String.init), let at = try? SocketAddress(listen),
            let enrolment = said["X_MESHNODE_ENROLMENT_ADDRESS"].map(String.init),
            let enrolAt = try? SocketAddress(enrolment)
        else { return }
        (hubAddress, enrolmentAddress) = (at, enrolAt)
        (addresses.listen, addresses.enrolListen) = (listen, enrolment)
        if let http = said["X_MESHNODE_HTTP_ADDRESS"].map(String.init), http != "-" {
            addresses.httpListen = http
            operatorsAddress = http
        }
    }

    /// A sentence in the merged log.
    func say(_ event: String, _ words: String, level: LogLevel = .info) {
        output.say(event, words, now: clock.wallTime, level: level)
    }
}

extension Cluster {
    /// Every link that is cut is whole again, and every node that is paused goes on.
    func healAll() {
        links.healAll()
        for node in nodes where node.life.phase == .paused { perform(node.life.resume(), on: node) }
        changed()
    }
}
