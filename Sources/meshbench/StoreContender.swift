internal import Glibc
internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshNode
internal import MeshStore
internal import MeshUsageStore

/// Something that appends durably for many writers at once.
protocol StoreContender: Sendable {
    /// Appends writer `writer`'s event number `number`, counted from 1; returns when it is durable.
    func append(_ event: [UInt8], by writer: Int, number: UInt64) async throws

    func close() async throws
}

/// Our store, with or without group commit.
struct LogStoreContender: StoreContender {
    private let store: LogStore
    private let actors: [(address: ActorAddress, epoch: Epoch)]
    private let command: CommandID

    init(folder: String, writers: Int, groupsCommits: Bool) async throws {
        var configuration = LogConfiguration()
        configuration.groupsCommits = groupsCommits
        store = try await StoreFolder(path: folder).open(configuration).store
        let owner = Owner(node: try NodeID("bench"), incarnation: 1)
        var actors: [(address: ActorAddress, epoch: Epoch)] = []
        for writer in 0..<writers {
            let address = try ActorAddress(ActorKind("bench"), "writer-\(writer)")
            actors.append((address, try await store.claim(address, for: owner, .ifFree).epoch))
        }
        self.actors = actors
        var generator = SeededGenerator(seed: 1)
        command = CommandID(at: WallTime(millisecondsSince1970: 0), using: &generator)
    }

    func append(_ event: [UInt8], by writer: Int, number: UInt64) async throws {
        let actor = actors[writer]
        try await store.append(
            JournalAppend(
                address: actor.address,
                epoch: actor.epoch,
                head: Head(rawValue: number - 1),
                wallTime: WallTime(millisecondsSince1970: 0),
                entries: [JournalEntry(command: command, events: [event], answer: [])],
                wake: nil
            )
        )
    }

    func backUp(to target: StoreFolder) async throws { try await target.takeBackup(of: store) }

    func close() async throws { try await store.close() }
}

/// SQLite with group commit, driven in the same way: one thread, one transaction for all who wait.
final class SQLiteContender: StoreContender {
    private struct Request {
        let event: [UInt8]
        let writer: Int
        let number: UInt64
        let answer: UnsafeContinuation<Bool, Never>
    }

    private struct Failed: Error {}

    private let queue = RequestQueue<Request>(capacity: 65_536)
    private let ended = RequestQueue<Bool>(capacity: 1)

    init(folder: String) async throws {
        mkdir(folder, 0o700)
        let (queue, ended) = (self.queue, self.ended)
        let didOpen = await withUnsafeContinuation { opened in
            let didStart = WorkThread.start {
                SQLiteContender.serve(queue, "\(folder)/journal.db") { opened.resume(returning: $0) }
                ended.close()
            }
            if !didStart { opened.resume(returning: false) }
        }
        guard didOpen else { throw Failed() }
    }

    private static func serve(_ queue: RequestQueue<Request>, _ path: String, opened: (Bool) -> Void) {
        let (connection, insertion): (SQLiteConnection, SQLiteStatement)
        do throws(UsageStoreError) {
            connection = try SQLiteConnection(path: path, .writing)
            // Ordered by actor and head, because a journal that cannot be read by actor is none; a second entry at the
            // same head is found by that too. It does less than ours otherwise: no epochs, no checksums, no chains.
            try connection.run(
                """
                PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                CREATE TABLE journal(actor INTEGER, head INTEGER, event BLOB, PRIMARY KEY (actor, head)) WITHOUT ROWID
                """
            )
            insertion = try connection.prepare("INSERT INTO journal VALUES (?, ?, ?)")
        } catch {
            return opened(false)
        }
        opened(true)
        var requests: [Request] = []
        while queue.take(into: &requests, patience: nil) {
            var isGood = true
            do throws(UsageStoreError) {
                try connection.transaction { () throws(UsageStoreError) in
                    for request in requests {
                        insertion.bind(1, Int64(request.writer))
                        insertion.bind(2, Int64(request.number))
                        insertion.bind(3, request.event)
                        try insertion.run()
                    }
                }
            } catch {
                isGood = false
            }
            for request in requests { request.answer.resume(returning: isGood) }
            requests.removeAll(keepingCapacity: true)
        }
    }

    func append(_ event: [UInt8], by writer: Int, number: UInt64) async throws {
        let isGood = await withUnsafeContinuation { answer in
            let request = Request(event: event, writer: writer, number: number, answer: answer)
            if queue.append(request) != nil { answer.resume(returning: false) }
        }
        guard isGood else { throw Failed() }
    }

    /// Returns when the last checkpoint is written, as our own close does.
    func close() async throws {
        queue.close()
        await withUnsafeContinuation { closed in
            let didStart = WorkThread.start { [ended] in
                var nothing: [Bool] = []
                _ = ended.take(into: &nothing, patience: nil)
                closed.resume()
            }
            if !didStart { closed.resume() }
        }
    }
}
