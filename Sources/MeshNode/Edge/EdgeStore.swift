internal import MeshActors
internal import MeshCore
internal import MeshStore

/// The store of an edge whose actors remember: sessions, redacted, and the questions that wait for a hub.
struct EdgeStore: Sendable {
    let store: LogStore
    private let watch: StoreWatch
    private let logger: Logger

    /// Which life of the edge this is.
    var generation: UInt64 { store.generation }

    /// How it stands, as a check of the node's.
    var check: NodeState.Check { .store(store.statistics.condition) }

    /// The store in `folder`, made where it is missing; nil where none is wanted.
    static func open(_ folder: StoreFolder?, _ logger: Logger) async throws -> EdgeStore? {
        guard let folder else { return nil }
        let (store, index) = try await folder.open()
        if case .madeAgain(let reason) = index {
            logger.log(.warning, .edgeIndexMadeAgain, [LogField(.reason, .text(reason))])
        }
        return EdgeStore(store: store, watch: StoreWatch(role: .edge, logger: logger), logger: logger)
    }

    /// Says in the log what becomes of it, until the calling task is cancelled.
    func watchOver(clock: any Clock) async {
        let store = store
        await watch.run(clock: clock) { store.statistics }
    }

    /// Closes it, when nothing of the edge runs any more.
    func close() async {
        do throws(JournalError) {
            try await store.close()
        } catch {
            logger.log(.error, .edgeStoreNotClosed, error: error)
        }
    }
}

extension LogEvent {
    static let edgeStoreNotClosed = LogEvent("edge.store-not-closed")
}
