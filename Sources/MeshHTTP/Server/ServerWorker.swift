internal import MeshCore
internal import MeshIO

/// What the connections of one loop share: the handler, memory to read into, parsers, the date.
///
/// Confined to that loop. It keeps the connections while they are open.
final class ServerWorker: @unchecked Sendable {
    // Sendable: touched on `loop` alone.
    let loop: EventLoop
    /// What the tasks of handlers prefer.
    let executor: LoopTaskExecutor
    let configuration: ServerConfiguration
    let handler: any HTTPHandler
    let observer: (any HTTPServerObserver)?
    let logger: Logger
    let clock: any Clock
    private let ledger: ConnectionLedger
    private let maximumConnections: Int
    private var generator: SeededGenerator

    private var listeners: [StreamListener] = []
    private var connections: [HTTPConnection] = []
    private(set) var handlersRunning = 0
    private(set) var acceptedCount = 0

    private lazy var hook = TurnHook(loop: loop, handler: self)
    private var marked: [HTTPConnection] = []
    private var markedBefore: [HTTPConnection] = []

    /// Where sockets are read to, one at a time.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Limits.HTTPServer.readBytes,
        alignment: 64
    )
    private var parsers: [RequestParser] = []
    private var memories: [[UInt8]] = []
    private var dateBytes: [UInt8] = []
    private var dateEnds = Instant.origin

    private lazy var stopTimer = LoopTimer(handler: self)
    private(set) var isStopping = false
    private var endWaits: [LoopWait] = []

    init(
        loop: EventLoop,
        share: Int,
        ledger: ConnectionLedger,
        configuration: ServerConfiguration,
        handler: any HTTPHandler,
        observer: (any HTTPServerObserver)?,
        clock: any Clock,
        logger: Logger,
        generator: SeededGenerator
    ) {
        self.loop = loop
        executor = LoopTaskExecutor(loop: loop)
        self.ledger = ledger
        self.configuration = configuration
        self.handler = handler
        self.observer = observer
        self.clock = clock
        self.logger = logger
        self.generator = generator
        maximumConnections = max(1, configuration.maximumConnections / share)
    }

    deinit { readBuffer.deallocate() }

    /// How many connections are open.
    var connectionCount: Int { connections.count }
}

// MARK: - Connections

extension ServerWorker: StreamListenerOwner {
    func listen(
        at address: SocketAddress,
        identity: TLSIdentity?,
        sharing: Bool
    ) throws(IOError) -> SocketAddress {
        guard !isStopping else { throw IOError(.stopped, "the server is stopping") }
        guard listeners.count < Limits.HTTPServer.maximumListeners else {
            throw IOError(.tooMany, "a server has at most \(Limits.HTTPServer.maximumListeners) listeners")
        }
        var configuration = StreamListenerConfiguration()
        configuration.isSharingPort = sharing
        configuration.identity = identity
        let listener = try StreamListener(address: address, configuration: configuration, loop: loop, owner: self)
        listeners.append(listener)
        return listener.localAddress
    }

    /// Listens at `address` no more.
    func closeListener(at address: SocketAddress) {
        for listener in listeners where listener.localAddress == address { listener.close() }
        listeners.removeAll { $0.localAddress == address }
    }

    func accepted(_ socket: StreamSocket) {
        guard ledger.take(socket.remoteAddress) else {
            observer?.connectionChanged(.refused, client: socket.remoteAddress)
            return socket.abort()
        }
        let connection = HTTPConnection(socket, worker: self, place: connections.count)
        connections.append(connection)
        acceptedCount += 1
        observer?.connectionChanged(.opened, client: socket.remoteAddress)
        if connections.count >= maximumConnections {
            for listener in listeners { listener.pause() }
        }
    }

    func acceptingPaused(_ error: IOError) { logger.log(.warning, .acceptingPaused, error: error) }

    /// Lets go of a connection that is closed.
    func remove(_ connection: HTTPConnection) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.place] = last
            last.place = connection.place
        }
        ledger.giveBack(connection.client.address)
        observer?.connectionChanged(.closed, client: connection.client.address)
        if connections.count == maximumConnections - 1 {
            for listener in listeners where listener.isPaused { listener.resume() }
        }
        tellEnd()
    }

    func handlerBegan() { handlersRunning += 1 }

    func handlerEnded() {
        handlersRunning -= 1
        tellEnd()
    }
}

// MARK: - Turns

extension ServerWorker: TurnHandler {
    /// Has `connection` called before the loop waits.
    func mark(_ connection: HTTPConnection) {
        marked.append(connection)
        hook.mark()
    }

    func prepareToWait() {
        swap(&marked, &markedBefore)
        for connection in markedBefore { connection.turnEnded() }
        markedBefore.removeAll(keepingCapacity: markedBefore.capacity <= Self.markedKept)
    }

    private static let markedKept = 4_096
}

// MARK: - What is shared

extension ServerWorker {
    /// A parser that waits for a request.
    func takeParser() -> RequestParser { parsers.popLast() ?? RequestParser(limits: configuration.limits) }

    /// Takes a parser back.
    func giveBack(_ parser: RequestParser) {
        guard parsers.count < Self.partsKept else { return }
        parser.begin()
        parsers.append(parser)
    }

    /// Memory to gather output in.
    func takeMemory() -> [UInt8] { memories.popLast() ?? [] }

    /// Takes memory back that is empty.
    func giveBack(memory: consuming [UInt8]) {
        guard memories.count < Self.partsKept, (1...Self.memoryKept).contains(memory.capacity)
        else { return }
        memories.append(memory)
    }

    /// A name for a request.
    func makeID() -> RequestID { RequestID(UniqueID(at: clock.wallTime, using: &generator)) }

    /// What a request is called, and the trace it belongs to: by its client where that is believed, else by one number
    /// in both.
    func names(of head: RequestHead) -> (RequestID, TraceContext) {
        let said = configuration.believesRequestIDs ? head : nil
        if let id = said?.saidID, let trace = said?.saidTrace { return (id, trace.child(using: &generator)) }
        let id = UniqueID(at: clock.wallTime, using: &generator)
        let trace = said?.saidTrace?.child(using: &generator) ?? TraceContext(id, using: &generator)
        return (said?.saidID ?? RequestID(id), trace)
    }

    /// The date, no older than a tenth of a second.
    var date: [UInt8] {
        let now = loop.now
        if now >= dateEnds {
            dateBytes = HTTPDate.bytes(of: clock.wallTime)
            dateEnds = now + .milliseconds(100)
        }
        return dateBytes
    }

    /// Parsers, and pieces of memory, that wait for the next requests; those beyond are freed.
    private static let partsKept = 64
    private static let memoryKept = 32 * 1_024
}

// MARK: - The end

extension ServerWorker: TimerHandler {
    /// Accepts nobody any more, and lets what is under way end.
    func stop() {
        guard !isStopping else { return }
        isStopping = true
        for listener in listeners { listener.close() }
        listeners = []
        for connection in connections { connection.stop() }
        loop.schedule(stopTimer, at: loop.now + configuration.stopping)
    }

    /// The time for what was under way is over.
    func timerFired(_ timer: LoopTimer) {
        for connection in connections { connection.cut() }
    }

    /// Keeps `wait` until the last connection is closed and the last handler has returned.
    func waitForEnd(_ wait: LoopWait) {
        endWaits.append(wait)
        tellEnd()
    }

    private func tellEnd() {
        guard isStopping, connections.isEmpty, handlersRunning == 0 else { return }
        loop.cancel(stopTimer)
        let waits = endWaits
        endWaits = []
        for wait in waits { wait.end() }
    }
}
