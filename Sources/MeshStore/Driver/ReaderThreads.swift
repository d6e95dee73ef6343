internal import MeshActors
internal import MeshCore
internal import MeshIO

/// Threads that read, because a read may wait for the disk: not on the cooperative pool, and not before an append.
///
/// Reads of one actor follow one another on one thread. The threads end with the last reference or with ``close()``.
final class ReaderThreads: Sendable {
    /// What is to be read; it gets an error in place of the reader where nobody will read.
    typealias Work = @Sendable (Result<StoreReader, JournalError>) -> Void

    private let queues: [RequestQueue<Work>]
    private let index: any LogIndex
    private let reader: StoreReader

    /// Bytes that the index takes.
    var indexMemory: Int { index.memoryInUse }

    /// Why the index does not follow the log, if it does not.
    var indexFailure: JournalError? { index.failure }

    /// Whether so little waits for the index that more may be written.
    var indexHasRoom: Bool { (try? index.checkRoom()) != nil }

    /// The log as it stands.
    var view: SegmentView { reader.view }

    /// Threads for `reader`; nil where the machine has none left.
    init?(reader: StoreReader) {
        self.reader = reader
        index = reader.index
        queues = (0..<Self.count).map { _ in RequestQueue(capacity: Limits.Store.maximumReadsWaiting) }
        for queue in queues {
            let didStart = WorkThread.start {
                var works: [Work] = []
                while queue.take(into: &works, patience: nil) {
                    for work in works { work(.success(reader)) }
                    works.removeAll(keepingCapacity: works.capacity <= Limits.Store.maximumReadsWaiting / 8)
                }
            }
            guard didStart else {
                for queue in queues { queue.close() }
                return nil
            }
        }
    }

    deinit { for queue in queues { queue.close() } }

    /// Lets a thread run `work`, which answers its caller itself; at once and without a reader where there is none.
    func submit(for address: ActorAddress?, _ work: @escaping Work) {
        // Which thread it is decides nothing but who waits for whom.
        let place = address.map { Int(UInt(bitPattern: $0.hashValue) % UInt(queues.count)) } ?? 0
        switch queues[place].append(work) {
        case nil: return
        case .full: work(.failure(JournalError(.overloaded, "too many reads wait for the store")))
        case .closed: work(.failure(.closedStore))
        }
    }

    /// Runs `body` on a thread and returns what it returns.
    func perform<Result: Sendable>(
        for address: ActorAddress?,
        _ body: @escaping @Sendable (StoreReader) throws(JournalError) -> Result
    ) async throws(JournalError) -> Result {
        let result: Swift.Result<Result, JournalError> = await withUnsafeContinuation { answer in
            submit(for: address) { reader in
                answer.resume(returning: Swift.Result { () throws(JournalError) in try body(reader.get()) })
            }
        }
        return try result.get()
    }

    /// Returns when every read that has begun is over; from then on there are none.
    func close() async {
        for queue in queues {
            await withUnsafeContinuation { ended in
                let refusal = queue.append { _ in ended.resume() }
                queue.close()
                if refusal != nil { ended.resume() }
            }
        }
    }

    private static let count = 2
}
