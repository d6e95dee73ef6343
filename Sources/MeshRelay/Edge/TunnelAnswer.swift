internal import MeshActors
package import MeshChat
package import MeshCore
package import MeshEscalation
package import MeshTunnel
internal import MeshWire

/// An answer of the hub, from the asking to its last byte: drives an ``AnswerFollower`` over streams of the tunnel.
///
/// To be read by one task; ``cancel()`` is safe from anywhere. Read only when asked: who does not read holds the hub
/// back, and the hub whoever answers.
package final class TunnelAnswer: Sendable {
    /// What comes of it.
    package enum Piece: Hashable, Sendable {
        /// Something that the model said or did.
        case event(ChatEvent)
        /// It is whole.
        case end(AnswerEnd)
    }

    private struct State: ~Copyable {
        var follower: AnswerFollower
        var stream: Stream?
        var pieces = Pieces()
        var failure: EscalationFailure?
    }

    /// What has come and nobody has taken: the events of one read, which the follower bounds by what it takes in.
    private struct Pieces {
        var waiting: [Piece] = []
        var taken = 0

        mutating func next() -> Piece? {
            guard taken < waiting.count else { return nil }
            defer { taken += 1 }
            return waiting[taken]
        }

        mutating func put(_ pieces: [Piece]) {
            waiting = Array(waiting[taken...]) + pieces
            taken = 0
        }

        #if PLANTED_BUGS
        mutating func repeatLast() { if taken > 0 { taken -= 1 } }
        #endif
    }

    /// The newest stream.
    private struct Stream {
        let attempt: UInt64
        let channel: any ByteChannel
        /// Where its next byte stands in the answer.
        var position: UInt64
    }

    /// The run that it answers.
    package let run: UniqueID

    private let ask: RelayAsk
    private let digest: SHA256Digest?
    private let opener: any AnswerChannelOpener
    private let deadline: Instant
    private let clock: any Clock
    private let generator: Lock<SeededGenerator>
    private let state: Lock<State>
    private let stopped = Signal()
    private let letGo: @Sendable () -> Void

    /// The answer to `ask` under the number `run`; nothing is asked before ``next()``.
    ///
    /// Where it `isFetchedAgain` after a restart of this edge, the hub is told as late as possible how far it has come.
    /// `digest` tells what is asked from something else under the same number, where its own hash shall not. `letGo` is
    /// called when nobody holds the answer any more.
    package init(
        to ask: RelayAsk,
        run: UniqueID,
        digest: SHA256Digest? = nil,
        over opener: any AnswerChannelOpener,
        deadline: Instant,
        isFetchedAgain: Bool = false,
        clock: any Clock,
        generator: SeededGenerator,
        letGo: @escaping @Sendable () -> Void = {}
    ) {
        self.ask = ask
        self.digest = digest
        self.run = run
        self.opener = opener
        self.letGo = letGo
        self.deadline = deadline
        self.clock = clock
        self.generator = Lock(generator)
        let receipts = isFetchedAgain ? Limits.Escalation.windowBytes / 2 : Int(Limits.Escalation.acknowledgementBytes)
        let follower = AnswerFollower(deadline: deadline, acknowledgementBytes: UInt64(receipts))
        state = Lock(State(follower: follower))
    }

    deinit {
        state.withLock { $0.stream?.channel }?.cancel()
        letGo()
    }

    // MARK: Reading

    /// Asks, if nobody has; the next piece, nil behind the end.
    package func next() async throws(EscalationFailure) -> Piece? {
        while true {
            if let piece = try take() { return piece }
            guard !state.withLock({ $0.follower.isOver }) else {
                await taken()
                return nil
            }
            if Task.isCancelled {
                cancel()
                continue
            }
            await inTime {
                await self.acknowledge()
                await self.perform(await self.step())
            }
        }
    }

    /// The whole answer is in good hands: the hub may forget it.
    ///
    /// Until then it is kept there, so that it can be fetched again after a crash.
    package func taken() async { await inTime { await self.sayGoodbye() } }

    /// Does `work`, which waits for the hub or for time, but not beyond the deadline: a hub that says nothing, or takes
    /// nothing, holds nobody up.
    private func inTime(_ work: @escaping @Sendable () async -> Void) async {
        #if PLANTED_BUGS
        if PlantedBug.waitBeyondDeadline.isOn { return await work() }
        #endif
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work() }
            group.addTask { [clock, deadline] in try? await clock.sleep(until: deadline) }
            await group.next()
            // Whoever waits on a stream is cancelled, and the stream with it.
            group.cancelAll()
        }
    }

    private func take() throws(EscalationFailure) -> Piece? {
        try state.withLock { (state) throws(EscalationFailure) in
            if let piece = state.pieces.next() { return piece }
            if let failure = state.failure { throw failure }
            return nil
        }
    }

    /// Nobody wants it any more.
    package func cancel() {
        let channel = state.withLock { state -> (any ByteChannel)? in
            guard case .cancel = state.follower.cancelled() else { return nil }
            state.failure = .left
            state.pieces = Pieces()
            return state.stream.take()?.channel
        }
        channel?.cancel()
        stopped.raise()
    }

    /// Who answers; nil until the hub has said so.
    package var choice: AnswerChoice? { state.withLock { $0.follower.choice } }

    // MARK: Steps

    /// Waits for what happens next.
    private func step() async -> AnswerFollower.Action {
        let (stream, deadline) = state.withLock { ($0.stream, $0.follower.nextDeadline) }
        if let stream { return await read(stream) }
        let first = begin()
        guard first == .none else { return first }
        await stopped.wait(until: deadline, on: clock)
        return state.withLock { $0.follower.deadlineReached(now: clock.now) }
    }

    /// Nothing but the first time.
    private func begin() -> AnswerFollower.Action {
        state.withLock { $0.follower.begin(isConnected: opener.isConnected, now: clock.now) }
    }

    private func read(_ stream: Stream) async -> AnswerFollower.Action {
        do throws(TransportError) {
            let bytes = try await stream.channel.read()
            return state.withLock { state in
                guard let bytes else {
                    let end = StreamEnd(length: stream.position)
                    return state.follower.endArrived(end, attempt: stream.attempt, now: clock.now, jitter: jitter)
                }
                if state.stream?.attempt == stream.attempt { state.stream?.position += UInt64(bytes.count) }
                let chunk = StreamChunk(offset: stream.position, bytes: bytes)
                return state.follower.chunkArrived(chunk, attempt: stream.attempt, now: clock.now)
            }
        } catch {
            return broken(error, attempt: stream.attempt)
        }
    }

    private func broken(_ error: TransportError, attempt: UInt64) -> AnswerFollower.Action {
        state.withLock { state in
            if state.stream?.attempt == attempt { state.stream = nil }
            #if PLANTED_BUGS
            if PlantedBug.deliverPieceTwice.isOn { state.pieces.repeatLast() }
            #endif
            if deadline <= clock.now { return state.follower.deadlineReached(now: clock.now) }
            // Whoever reads was cancelled, and says so next: no other stream is opened for them.
            if Task.isCancelled { return .none }
            if error.code == .tooLarge {
                let refusal = ErrorFrame(code: .frameTooLarge, message: error.message)
                return state.follower.streamRefused(refusal, attempt: attempt, now: clock.now, jitter: jitter)
            }
            if let refusal = error.cause as? ErrorFrame {
                return state.follower.streamRefused(refusal, attempt: attempt, now: clock.now, jitter: jitter)
            }
            return state.follower.streamCut(attempt: attempt, now: clock.now, jitter: jitter)
        }
    }

    private var jitter: UInt64 { generator.withLock { $0.next() } }

    private func perform(_ first: AnswerFollower.Action) async {
        var action = first
        while true {
            switch action {
            case .none, .cancel: return
            case .open(let attempt, let offset, let answer, let asks):
                action = await open(attempt, offset: offset, answer: answer, asks: asks)
            case .deliver(let events): return put(events.map { .event($0) })
            case .finish(let events, let end): return put(events.map { .event($0) } + [.end(end)])
            case .fail(let events, let failure):
                await sayGoodbye()
                return put(events.map { .event($0) }, then: failure)
            }
        }
    }

    private func put(_ pieces: [Piece], then failure: EscalationFailure? = nil) {
        state.withLock { state in
            guard state.failure == nil else { return }
            state.pieces.put(pieces)
            state.failure = failure
        }
    }

    private func open(
        _ attempt: UInt64,
        offset: UInt64,
        answer: UInt64?,
        asks: Bool
    ) async -> AnswerFollower.Action {
        state.withLock { $0.stream.take() }?.channel.letGo()
        let opening = RelayOpening(
            run: run,
            offset: offset,
            answer: answer,
            timeLeft: deadline - clock.now,
            ask: asks ? ask : nil,
            trace: TraceContext.current,
            digest: asks ? digest : nil
        )
        do throws(TransportError) {
            let channel = try await opener.open(asking: opening.wireBytes)
            let isWanted = state.withLock { state in
                guard !state.follower.isOver else { return false }
                state.stream = Stream(attempt: attempt, channel: channel, position: offset)
                return true
            }
            if !isWanted { channel.cancel() }
            return .none
        } catch {
            return broken(error, attempt: attempt)
        }
    }

    // MARK: Receipts

    /// Says how far the answer has come, where it is time to: what was handed over has been taken.
    private func acknowledge() async {
        let (channel, offset) = state.withLock { ($0.stream?.channel, $0.follower.nextAcknowledgement()) }
        guard let channel, let offset else { return }
        // Where it fails, the next read says so.
        do throws(TransportError) { try await channel.write(AnswerReceipt.streamBytes(of: offset)) } catch {}
    }

    /// The last receipt, and the end of our side.
    private func sayGoodbye() async {
        await acknowledge()
        guard let channel = state.withLock({ $0.stream.take() })?.channel else { return }
        do throws(TransportError) { try await channel.finish() } catch {}
    }
}
