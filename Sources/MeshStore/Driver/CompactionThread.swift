internal import MeshActors
internal import MeshCore
internal import MeshIO

/// Drops old segments beside the writer: it reads and decides, and the writer writes what is needed in short pieces.
///
/// It is asked to look whenever the log has grown by a segment, and where there was no room: a segment of which nothing
/// is needed goes without writing anything.
final class CompactionThread: Sendable {
    private struct State {
        var isStopping = false
        var hasEnded = true
        var failure: JournalError?
        var waiters: [UnsafeContinuation<Void, Never>] = []
    }

    private let signals = RequestQueue<Bool>(capacity: 1)
    private let pauses = RequestQueue<Bool>(capacity: 1)
    private let ends = RequestQueue<Bool>(capacity: 1)
    private let state = Lock(State())

    /// Begins to serve a store whose writer takes requests from `writer`; false where there is no thread.
    func start(
        _ reader: StoreReader,
        _ writer: RequestQueue<StoreRequest>,
        keepingHistoryOf kinds: Set<ActorKind>
    ) -> Bool {
        state.withLock { $0.hasEnded = false }
        let didStart = WorkThread.start { [self] in
            WorkThread.yieldToOthers()
            run(Compaction(reader.index, keepingHistoryOf: kinds), reader, writer)
            end()
        }
        if !didStart { end() }
        return didStart
    }

    /// Why the last look for something to drop came to nothing, if it did.
    var failure: JournalError? { state.withLock { $0.failure } }

    /// Lets it look for something to drop, soon.
    func request() { _ = signals.append(true) }

    /// Lets it end, which it does within one piece, and returns when it has; the writer must go on serving meanwhile.
    func stop() async {
        signalStop()
        await withUnsafeContinuation { waiter in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiters.append(waiter) }
                return state.hasEnded
            }
            if hasEnded { waiter.resume() }
        }
    }

    /// The same for the writer's thread, once nothing is taken in any more.
    func stopAndWait() {
        signalStop()
        var nothing: [Bool] = []
        while !state.withLock({ $0.hasEnded }) {
            guard ends.take(into: &nothing, patience: nil) else { return }
        }
    }

    private func signalStop() {
        state.withLock { $0.isStopping = true }
        signals.close()
        pauses.close()
    }

    private func end() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            defer { state.waiters = [] }
            return state.waiters
        }
        ends.close()
        for waiter in waiters { waiter.resume() }
    }

    private func run(_ compaction: Compaction, _ reader: StoreReader, _ writer: RequestQueue<StoreRequest>) {
        var compaction = compaction
        var nothing: [Bool] = []
        while signals.take(into: &nothing, patience: nil), !state.withLock({ $0.isStopping }) {
            nothing.removeAll()
            // What cannot be read is left alone; what cannot be written is tried again later.
            var failure: JournalError?
            do throws(JournalError) {
                while try dropOldest(&compaction, reader, writer) {}
            } catch {
                failure = error
            }
            let seen = failure
            state.withLock { $0.failure = seen }
            // A disk that stays full asks all the time.
            _ = pauses.take(into: &nothing, patience: Self.pause)
        }
    }

    private func dropOldest(
        _ compaction: inout Compaction,
        _ reader: StoreReader,
        _ writer: RequestQueue<StoreRequest>
    ) throws(JournalError) -> Bool {
        guard let (segment, end) = try compaction.candidate(in: reader.view) else { return false }
        try compaction.slices(of: segment) { slice throws(JournalError) in
            guard !state.withLock({ $0.isStopping }) else { throw .closedStore }
            try ask(writer) { core throws(JournalError) in try core.carry(slice) }
        }
        try ask(writer) { core throws(JournalError) in try core.drop(before: end) }
        return true
    }

    /// Runs `body` on the writer's thread and waits for it.
    private func ask(
        _ writer: RequestQueue<StoreRequest>,
        _ body: @escaping @Sendable (StoreCore) throws(JournalError) -> Void
    ) throws(JournalError) {
        let answers = RequestQueue<Result<Void, JournalError>>(capacity: 1)
        let work: StoreRequest.Work = { core in
            _ = answers.append(Result { () throws(JournalError) in try body(core) })
        }
        guard writer.append(.perform(behind: nil, behindEverything: true, work)) == nil else { throw .closedStore }
        var taken: [Result<Void, JournalError>] = []
        _ = answers.take(into: &taken, patience: nil)
        try taken.first?.get()
    }

    private static let pause = Duration.milliseconds(200)
}
