internal import MeshActors
internal import MeshCore
internal import MeshEscalation
internal import MeshTunnel
internal import MeshWire

/// A stream of bytes between an edge and a hub: in order, bounded, delayed, and cut at any byte.
///
/// A peer's `cancel()` is told as one, its `letGo()` and a cut are not; what is told may overtake bytes, as resets do.
/// Cancelling a task that reads or writes cancels the stream, and so does letting go of an end, as with links.
final class AnswerLine: Sendable {
    enum Side: Int, Sendable {
        case edge, hub
        var other: Side { self == .edge ? .hub : .edge }
    }

    fileprivate enum Item: Sendable {
        case bytes([UInt8])
        case end
        case broken(TransportError)
    }

    /// What is under way to one side.
    fileprivate struct Way {
        var items: [(due: Instant, item: Item)] = []
        var bytes = 0
        var last = Instant.origin
        let arrived = Signal()
        let room = Signal()
        /// Of the side it leads to: why it is over, and whether it has read the end.
        var failure: TransportError?
        var hasReadEnd = false
        /// Of the same side: whether it has said its own end.
        var hasSaidEnd = false
    }

    private struct State: ~Copyable {
        var ways: [Way] = [Way(), Way()]
        var isCut = false
        var silentUntil: Instant?
        var generator: SeededGenerator
        /// Reads along what the edge says that it has.
        var receipts = ReceiptDecoder()

        subscript(_ side: Side) -> Way {
            get { ways[side.rawValue] }
            set { ways[side.rawValue] = newValue }
        }
    }

    let number: Int
    let run: UniqueID
    let edge: Int
    private let plan: EscalationPlan
    private let history: EscalationHistory
    private let clock: any Clock
    private let state: Lock<State>

    init(
        _ number: Int,
        run: UniqueID,
        edge: Int,
        plan: EscalationPlan,
        history: EscalationHistory,
        clock: any Clock,
        generator: SeededGenerator
    ) {
        (self.number, self.run, self.edge) = (number, run, edge)
        (self.plan, self.history, self.clock) = (plan, history, clock)
        state = Lock(State(generator: generator))
    }

    // MARK: Reading and writing

    func read(_ side: Side) async throws(TransportError) -> [UInt8]? {
        let result: Result<[UInt8]?, TransportError> = await withTaskCancellationHandler {
            while true {
                let (found, due, arrived) = state.withLock { state in
                    (take(&state, side), state[side].items.first?.due, state[side].arrived)
                }
                if let found { return found }
                await arrived.wait(until: due, on: clock)
            }
        } onCancel: {
            cancel(side)
        }
        return try result.get()
    }

    private func take(_ state: inout State, _ side: Side) -> Result<[UInt8]?, TransportError>? {
        if let failure = state[side].failure { return .failure(failure) }
        if state[side].hasReadEnd { return .success(nil) }
        guard let first = state[side].items.first, first.due <= clock.now else { return nil }
        switch first.item {
        case .bytes(let bytes):
            // Bytes come in other pieces than they were written in.
            let count = state.generator.chance(1, in: 4) ? state.generator.integer(in: 1...bytes.count) : bytes.count
            if count < bytes.count {
                state[side].items[0].item = .bytes(Array(bytes[count...]))
            } else {
                state[side].items.removeFirst()
            }
            state[side].bytes -= count
            state[side].room.raise()
            if side == .hub, let offset = try? state.receipts.take(Array(bytes[..<count])) {
                history.acknowledged(run, offset)
            }
            return .success(Array(bytes[..<count]))
        case .end:
            state[side].items.removeFirst()
            state[side].hasReadEnd = true
            return .success(nil)
        case .broken(let error):
            state[side].items = []
            state[side].failure = error
            state[side.other].room.raise()
            if side == .hub, error.cause is PeerCancelled { history.told(run, line: number) }
            return .failure(error)
        }
    }

    func write(_ bytes: [UInt8], _ side: Side) async throws(TransportError) {
        guard !bytes.isEmpty else { return }
        let result: Result<Void, TransportError> = await withTaskCancellationHandler {
            while true {
                let (result, room) = state.withLock { state in (put(&state, bytes, side), state[side.other].room) }
                if let result { return result }
                await room.wait()
            }
        } onCancel: {
            cancel(side)
        }
        try result.get()
    }

    private func put(_ state: inout State, _ bytes: [UInt8], _ side: Side) -> Result<Void, TransportError>? {
        if let failure = state[side].failure { return .failure(failure) }
        guard !state.isCut else { return .success(()) }
        guard state[side.other].bytes < plan.windowBytes else { return nil }
        state[side.other].bytes += bytes.count
        send(&state, .bytes(bytes), to: side.other)
        return .success(())
    }

    func finish(_ side: Side) throws(TransportError) {
        let failure = state.withLock { state -> TransportError? in
            if let failure = state[side].failure { return failure }
            guard !state[side].hasSaidEnd else { return nil }
            state[side].hasSaidEnd = true
            if !state.isCut { send(&state, .end, to: side.other) }
            return nil
        }
        if let failure { throw failure }
    }

    private func send(_ state: inout State, _ item: Item, to side: Side) {
        let longest = Int(plan.longestDelay / .microseconds(1))
        var due = clock.now + .microseconds(state.generator.integer(in: 0...longest))
        if let silent = state.silentUntil { due = max(due, silent) }
        due = max(due, state[side].last)
        state[side].last = due
        state[side].items.append((due, item))
        state[side].arrived.raise()
    }

    // MARK: The end

    func cancel(_ side: Side) {
        end(side, TransportError(.lost, "cancelled", cause: PeerCancelled()), "the stream was cancelled")
    }

    func letGo(_ side: Side) { end(side, TransportError(.lost, "the stream was reset"), "the stream was let go") }

    /// The hub says why it does not take it.
    func refuse(_ why: ErrorFrame) {
        let isNoRoom = why.code == .overloaded || why.code == .notServed
        let error = TransportError(isNoRoom ? .unreachable : .lost, "refused: \(why.message)", cause: why)
        end(.hub, error, why.message, overtakes: false)
    }

    private func end(_ side: Side, _ told: TransportError, _ own: String, overtakes: Bool? = nil) {
        state.withLock { state in
            let isOver = state[side].hasSaidEnd && state[side].hasReadEnd
            guard !isOver, state[side].failure == nil else { return }
            state[side].failure = TransportError(.lost, own)
            state[side].items = []
            let isOvertaken = overtakes ?? state.generator.chance(1, in: 2)
            if !state.isCut, state[side.other].failure == nil {
                if isOvertaken {
                    state[side.other].items.removeAll { $0.due > clock.now }
                    state[side.other].last = clock.now
                }
                send(&state, .broken(told), to: side.other)
            }
            for way in state.ways { way.raise() }
        }
    }

    /// Nothing comes through any more; each side learns of it when it does, and has read what came before.
    func cut() {
        state.withLock { state in
            guard !state.isCut else { return }
            for side in [Side.edge, .hub] where state[side].failure == nil {
                shorten(&state, side)
                state.silentUntil = nil
                state[side].last = clock.now
                send(&state, .broken(TransportError(.lost, "the link was cut")), to: side)
            }
            state.isCut = true
            for way in state.ways { way.raise() }
        }
    }

    /// What was under way comes up to some byte.
    private func shorten(_ state: inout State, _ side: Side) {
        let late = state[side].items.firstIndex { $0.due > clock.now } ?? state[side].items.count
        guard late < state[side].items.count else { return }
        let kept = state.generator.integer(in: late...state[side].items.count - 1)
        let torn = state[side].items[kept].item
        state[side].items.removeSubrange(kept...)
        if case .bytes(let bytes) = torn, bytes.count > 1 {
            let count = state.generator.integer(in: 1...bytes.count - 1)
            state[side].items.append((clock.now, .bytes(Array(bytes[..<count]))))
        }
        for index in state[side].items.indices { state[side].items[index].due = clock.now }
    }

    /// Nothing comes through until `end`, when it is to be cut; a line that is silent does not become so for longer.
    func fallSilent(until end: Instant) {
        state.withLock { state in
            guard state.silentUntil == nil, !state.isCut else { return }
            state.silentUntil = end
            for side in [Side.edge, .hub] {
                for index in state[side].items.indices where state[side].items[index].due > clock.now {
                    state[side].items[index].due = max(end, state[side].items[index].due)
                }
                state[side].last = max(state[side].last, end)
                state[side].arrived.raise()
            }
        }
    }

    /// The process of `side` is no more: nothing that it still says counts, and the other side learns of a cut.
    func kill(_ side: Side) {
        cut()
        state.withLock { state in
            if state[side].failure == nil { state[side].failure = TransportError(.lost, "the process has ended") }
            for way in state.ways { way.raise() }
        }
    }
}

extension AnswerLine.Way {
    func raise() {
        arrived.raise()
        room.raise()
    }
}

/// One side's end of a line.
final class AnswerLineEnd: ByteChannel {
    let node: NodeID
    let purpose = "answers"
    let offset: UInt64 = 0
    private let line: AnswerLine
    private let side: AnswerLine.Side

    init(_ line: AnswerLine, _ side: AnswerLine.Side, peer: NodeID) {
        (self.line, self.side, node) = (line, side, peer)
    }

    deinit { line.cancel(side) }

    func read() async throws(TransportError) -> [UInt8]? { try await line.read(side) }
    func write(_ bytes: [UInt8]) async throws(TransportError) { try await line.write(bytes, side) }
    func finish() async throws(TransportError) { try line.finish(side) }
    func seal() { line.letGo(side) }
    func cancel() { line.cancel(side) }
    func letGo() { line.letGo(side) }
}
