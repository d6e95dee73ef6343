internal import MeshActors
package import MeshCore
internal import MeshVitals
package import MeshWire

/// Keeps an edge's beats: drives a ``HeartbeatStateMachine`` over the ports that it is given, and pre-warms the hub
/// when the vitals say so.
///
/// ``run()`` owns every task. Whoever keeps the tunnel tells it when that is connected and when it is lost. An edge
/// that is stopped sends no last beat: the end of its link tells the hub more than a beat could.
package actor HeartbeatActor {
    private let device: NodeID
    private let source: any VitalsSource
    private let channel: any BeatChannel
    private let clock: any Clock
    private let logger: Logger
    private var generator: SeededGenerator
    private var machine: HeartbeatStateMachine
    private var trigger: PreWarmTrigger
    private var preWarms = UInt64(0)

    private let wanted = Intake<UInt64>(capacity: 1)
    private let acknowledgements = Intake<Arrived>(capacity: Limits.Heartbeat.acknowledgementsWaiting)
    private let timer = Signal()
    private let patience: Duration
    private let hubSaid: @Sendable (_ time: WallTime) -> Void
    private var sleepsUntil: Instant?

    private struct Arrived: Sendable {
        let acknowledgement: BeatAcknowledgement
        let at: Instant
    }

    /// The beats of `device`, whose tunnel is not connected yet.
    ///
    /// `hubSaid` is told the hub's time by each acknowledgement that comes in time, as soon as it comes.
    package init(
        of device: NodeID,
        source: any VitalsSource,
        channel: any BeatChannel,
        clock: any Clock,
        generator: SeededGenerator,
        logger: Logger,
        configuration: HeartbeatConfiguration = HeartbeatConfiguration(),
        thresholds: PreWarmThresholds = PreWarmThresholds(),
        hubSaid: @escaping @Sendable (_ time: WallTime) -> Void = { _ in }
    ) {
        self.device = device
        self.source = source
        self.channel = channel
        self.clock = clock
        self.generator = generator
        self.logger = logger
        patience = configuration.readingPatience
        self.hubSaid = hubSaid
        machine = HeartbeatStateMachine(configuration)
        trigger = PreWarmTrigger(thresholds)
    }

    /// What an edge's beats have come to.
    package struct Statistics: Hashable, Sendable {
        /// The beats.
        package var beats: HeartbeatCounts
        /// How often the hub was pre-warmed.
        package var preWarms: UInt64
    }

    /// What the beats have come to so far.
    package var statistics: Statistics { Statistics(beats: machine.counts, preWarms: preWarms) }

    /// Beats until the calling task is cancelled.
    ///
    /// Call it once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepTime() }
            group.addTask { await self.takeAcknowledgements() }
            // What is a rate in the first beat is one since here.
            group.addTask { _ = await self.reading() }
            while let number = await wanted.next() {
                group.addTask { await self.read(for: number) }
            }
            group.cancelAll()
        }
        machine.stop()
    }

    // MARK: What it is told

    /// The tunnel is connected.
    package func tunnelConnected() {
        machine.tunnelConnected(now: clock.now, &generator)
        wakeIfEarlier()
    }

    /// The tunnel is lost.
    package func tunnelLost() {
        if case .lost(let count) = machine.tunnelLost() { logLost(count, "the tunnel was lost") }
    }

    /// The hub has acknowledged a beat; called from anywhere, on a loop too.
    package nonisolated func acknowledged(_ acknowledgement: BeatAcknowledgement) {
        _ = acknowledgements.offer(Arrived(acknowledgement: acknowledgement, at: clock.now))
    }

    // MARK: Driving the machine

    private func takeAcknowledgements() async {
        while let arrived = await acknowledgements.next() {
            let sequence = arrived.acknowledgement.sequence
            switch machine.acknowledged(sequence, now: arrived.at) {
            case .inTime(let time):
                hubSaid(WallTime(millisecondsSince1970: arrived.acknowledgement.receivedMilliseconds))
                log(.debug, .beatAcknowledged, sequence, [LogField(.roundTrip, .duration(time))])
            case .late(let time): log(.info, .beatLate, sequence, [LogField(.roundTrip, .duration(time))])
            case .unknown: log(.debug, .beatUnknown, sequence)
            }
            wakeIfEarlier()
        }
    }

    private func read(for number: UInt64) async {
        let reading = await reading()
        guard !Task.isCancelled else { return }
        guard case .send(let number) = machine.vitalsRead(for: number, now: clock.now, &generator) else { return }
        await send(number, reading?.vitals ?? Vitals())
        if let reading { await preWarmIfNeeded(reading) }
    }

    /// Given up when nobody waits for it any more: a disk that hangs must not gather those who wait for it.
    private func reading() async -> VitalsReading? {
        await withTaskGroup(of: VitalsReading?.self) { group in
            group.addTask { [source] in await source.read() }
            group.addTask { [clock, patience] in
                try? await clock.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func send(_ number: UInt64, _ vitals: Vitals) async {
        let beat = Beat(
            device: device,
            timestampMilliseconds: clock.wallTime.millisecondsSince1970,
            sequence: number,
            interval: machine.interval,
            vitals: vitals
        )
        // The machine waits for its acknowledgement from now on, which may come before the channel returns.
        wakeIfEarlier()
        let isSent = await channel.send(Frame(type: .heartbeat, payload: beat.json))
        if !isSent, machine.notSent(number) {
            logLost(1, "there was no link")
            wakeIfEarlier()
        }
    }

    private func preWarmIfNeeded(_ reading: VitalsReading) async {
        guard trigger.observe(reading.vitals, now: clock.now) else { return }
        let wish = PreWarm(
            project: reading.load.project,
            adapter: reading.load.adapter,
            timestampMilliseconds: clock.wallTime.millisecondsSince1970
        )
        guard await channel.send(Frame(type: .preWarm, payload: wish.wireBytes)) else { return trigger.wasNotTold() }
        preWarms += 1
        var fields: [LogField] = []
        if let load = reading.vitals.graphicsLoad { fields.append(LogField(.load, .integer(Int64(load * 100)))) }
        if let celsius = reading.vitals.hottestCelsius { fields.append(LogField(.celsius, .integer(Int64(celsius)))) }
        logger.log(.info, .preWarmSent, fields)
    }

    // MARK: Time

    private func keepTime() async {
        while !Task.isCancelled {
            await doWhatIsDue()
            sleepsUntil = machine.nextDeadline
            await timer.wait(until: sleepsUntil, on: clock)
            sleepsUntil = nil
        }
    }

    private func doWhatIsDue() async {
        while let deadline = machine.nextDeadline, deadline <= clock.now, !Task.isCancelled {
            switch machine.deadlineReached(now: clock.now, &generator) {
            case .nothing: break
            case .read(let number): if !wanted.offer(number) { logger.log(.warning, .vitalsLate) }
            case .sendWithoutVitals(let number):
                logger.log(.warning, .vitalsLate)
                await send(number, Vitals())
            case .overdue(let number): log(.warning, .beatOverdue, number)
            case .lost(let number): log(.warning, .beatsLost, number)
            }
        }
    }

    private func wakeIfEarlier() {
        guard let next = machine.nextDeadline else { return }
        if sleepsUntil.map({ next < $0 }) ?? true { timer.raise() }
    }

    // MARK: Log

    private func log(_ level: LogLevel, _ event: LogEvent, _ sequence: UInt64, _ more: [LogField] = []) {
        logger.log(level, event, [LogField(.sequence, .integer(Int64(clamping: sequence)))] + more)
    }

    private func logLost(_ count: Int, _ why: String) {
        logger.log(.info, .beatsLost, [LogField(.count, .integer(Int64(count))), LogField(.reason, .text(why))])
    }
}
