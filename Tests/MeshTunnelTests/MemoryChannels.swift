import MeshActors
import MeshCore
import MeshTunnel

/// Two ends of a stream in memory, which is cut when so many bytes have passed in one direction.
final class MemoryLink: Sendable {
    struct Way {
        var pieces: [[UInt8]] = []
        var isEnded = false
        /// Bytes until the cut; nil for none.
        var budget: Int?
    }

    private struct State {
        var ways: [Way]
        var failure: TransportError?
        /// Whether what has arrived survives a cut, as it does for a reader that has fallen behind.
        let keeps: Bool
    }

    private let state: Lock<State>
    private let signals = [Signal(), Signal(), Signal(), Signal()]

    init(budgets: [Int?] = [nil, nil], keeps: Bool = true) {
        let ways = budgets.map { Way(budget: $0) }
        state = Lock(State(ways: ways, keeps: keeps))
    }

    /// Bytes that wait in a direction at most.
    static let room = 8

    func cut(_ error: TransportError = TransportError(.lost, "cut")) {
        state.withLock { state in
            guard state.failure == nil else { return }
            state.failure = error
            if !state.keeps { for way in state.ways.indices { state.ways[way].pieces = [] } }
        }
        for signal in signals { signal.raise() }
    }

    private enum Step<Value: Sendable>: Sendable { case done(Value), wait }

    func read(_ way: Int) async throws(TransportError) -> [UInt8]? {
        while true {
            let step: Result<Step<[UInt8]?>, TransportError> = state.withLock { state in
                if !state.ways[way].pieces.isEmpty { return .success(.done(state.ways[way].pieces.removeFirst())) }
                if state.ways[way].isEnded { return .success(.done(nil)) }
                if let failure = state.failure { return .failure(failure) }
                return .success(.wait)
            }
            if case .done(let bytes) = try step.get() {
                signals[2 + way].raise()
                return bytes
            }
            try await wait(signals[way])
        }
    }

    func write(_ bytes: [UInt8], _ way: Int) async throws(TransportError) {
        while true {
            let step: Result<(Step<Bool>), TransportError> = state.withLock { state in
                if let failure = state.failure { return .failure(failure) }
                guard state.ways[way].pieces.count < Self.room else { return .success(.wait) }
                let budget = state.ways[way].budget ?? Int.max
                let passed = bytes.prefix(budget)
                if !passed.isEmpty { state.ways[way].pieces.append(Array(passed)) }
                state.ways[way].budget = state.ways[way].budget.map { $0 - passed.count }
                return .success(.done(passed.count < bytes.count))
            }
            guard case .done(let isCut) = try step.get() else {
                try await wait(signals[2 + way])
                continue
            }
            signals[way].raise()
            if isCut { cut() }
            return
        }
    }

    func finish(_ way: Int) {
        state.withLock { if $0.failure == nil { $0.ways[way].isEnded = true } }
        signals[way].raise()
    }

    /// Nothing more passes; what has arrived is left.
    func seal(_ way: Int) {
        state.withLock { state in
            guard state.failure == nil, !state.ways[way].isEnded else { return }
            state.failure = TransportError(.lost, "sealed")
        }
        for signal in signals { signal.raise() }
    }

    var isWhole: Bool { state.withLock { $0.ways.allSatisfy(\.isEnded) } }

    private func wait(_ signal: Signal) async throws(TransportError) {
        await signal.wait()
        if Task.isCancelled {
            cut(TransportError(.lost, "the caller was cancelled"))
            throw TransportError(.lost, "the caller was cancelled")
        }
    }
}

/// One end of a ``MemoryLink``.
final class MemoryChannel: ByteChannel {
    let link: MemoryLink
    let node: NodeID
    let purpose: String
    let offset: UInt64
    private let side: Int

    init(_ link: MemoryLink, side: Int, _ node: NodeID, _ purpose: String, _ offset: UInt64) {
        self.link = link
        self.side = side
        self.node = node
        self.purpose = purpose
        self.offset = offset
    }

    func read() async throws(TransportError) -> [UInt8]? { try await link.read(1 - side) }

    func write(_ bytes: [UInt8]) async throws(TransportError) { try await link.write(bytes, side) }

    func finish() async throws(TransportError) { link.finish(side) }

    func seal() { link.seal(1 - side) }

    func cancel() { if !link.isWhole { link.cut(TransportError(.lost, "cancelled", cause: PeerCancelled())) } }

    func letGo() { if !link.isWhole { link.cut(TransportError(.lost, "let go")) } }
}

/// Opens streams to shelves of the same process, by a plan of faults.
final class MemoryOpener: ByteChannelOpener {
    enum Fate: Sendable {
        case refused(TransportError)
        case opened(budgets: [Int?], keeps: Bool)
    }

    private struct State {
        var opened = 0
        var generator: SeededGenerator
        var cuts: Int
    }

    let served = Intake<MemoryChannel>(capacity: 64)
    private let state: Lock<State>
    private let node: NodeID
    /// How far from the asked offset streams begin.
    let shift: UInt64

    init(_ generator: SeededGenerator, cuts: Int, shift: UInt64 = 0) throws {
        state = Lock(State(generator: generator, cuts: cuts))
        node = try NodeID("hub-1")
        self.shift = shift
    }

    var opened: Int { state.withLock { $0.opened } }

    func open(_ purpose: String, offset: UInt64) async throws(TransportError) -> any ByteChannel {
        let fate = state.withLock { Self.fate(&$0) }
        switch fate {
        case .refused(let error): throw error
        case .opened(let budgets, let keeps):
            let link = MemoryLink(budgets: budgets, keeps: keeps)
            let there = MemoryChannel(link, side: 1, node, purpose, offset)
            guard served.offer(there) else { throw TransportError(.unreachable, "nobody serves") }
            return MemoryChannel(link, side: 0, node, purpose, offset + shift)
        }
    }

    private static func fate(_ state: inout State) -> Fate {
        state.opened += 1
        guard state.cuts > 0 else { return .opened(budgets: [nil, nil], keeps: true) }
        state.cuts -= 1
        switch state.generator.integer(below: 6) {
        case 0: return .refused(TransportError(.unreachable, "no link"))
        case 1: return .opened(budgets: [0, 0], keeps: false)
        case 2: return .opened(budgets: [nil, state.generator.integer(below: 20)], keeps: false)
        default:
            let (up, down) = (state.generator.integer(below: 70_000), state.generator.integer(below: 70_000))
            return .opened(budgets: [up, down], keeps: state.generator.integer(below: 2) == 0)
        }
    }
}

/// Content in memory, which counts what is read of it.
final class MemorySource: ByteSource, ByteSources {
    let bytes: [UInt8]
    private let taken = Lock(0)

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var bytesTaken: Int { taken.withLock { $0 } }

    var length: UInt64 { UInt64(bytes.count) }

    func read(at offset: UInt64, count: Int) async throws -> [UInt8] {
        let piece = bytes[Int(offset)..<Int(offset) + count]
        taken.withLock { $0 += count }
        return Array(piece)
    }

    func source(named name: StreamName, for node: NodeID) async throws -> (any ByteSource)? {
        name.text == "model.bin" ? self : nil
    }
}

/// Where uploads go in memory; it notices two who write at a time.
final class MemorySink: ByteSink, ByteSinks {
    private struct State {
        var bytes: [UInt8] = []
        var isComplete = false
        var isWriting = false
        var hadTwoWriters = false
    }

    private let state = Lock(State())
    private let clock: any MeshCore.Clock

    init(clock: any MeshCore.Clock) { self.clock = clock }

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var isComplete: Bool { state.withLock { $0.isComplete } }
    var hadTwoWriters: Bool { state.withLock { $0.hadTwoWriters } }

    func progress() async throws -> UploadProgress {
        state.withLock { UploadProgress(received: UInt64($0.bytes.count), isComplete: $0.isComplete) }
    }

    func append(_ bytes: [UInt8]) async throws {
        state.withLock { state in
            if state.isWriting || state.isComplete { state.hadTwoWriters = true }
            state.isWriting = true
            state.bytes += bytes
        }
        // A disk that takes its time: whoever came between would be seen.
        try? await clock.sleep(for: .milliseconds(1))
        state.withLock { $0.isWriting = false }
    }

    func complete() async throws { state.withLock { $0.isComplete = true } }

    func sink(named name: StreamName, from node: NodeID) async throws -> (any ByteSink)? {
        name.text == "model.bin" ? self : nil
    }
}
