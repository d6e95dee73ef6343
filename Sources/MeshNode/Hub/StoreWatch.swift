internal import MeshActors
package import MeshCore
package import MeshStore

/// Says in the log what becomes of a node's store: once when something fails, and once when it is well again.
///
/// The store itself never logs. It is looked at once a second; a failure that passes between two looks is not said.
package final class StoreWatch: Sendable {
    /// How often something was found failing that had been well.
    package struct Counts: Hashable, Sendable {
        /// The store took no appends.
        package fileprivate(set) var writer = UInt64(0)
        /// Old segments were not dropped.
        package fileprivate(set) var compaction = UInt64(0)
        /// The index did not follow the log.
        package fileprivate(set) var index = UInt64(0)
    }

    private struct State {
        var counts = Counts()
        var condition = StoreCondition.serving
        var compaction: String?
        var index: String?
    }

    private let state = Lock(State())
    private let events: Events
    private let logger: Logger

    /// What its lines are called.
    private struct Events: Sendable {
        let condition, compactionFailed, compactionWell, indexFailed, indexWell: LogEvent

        static let hub = Events(
            condition: .storeCondition,
            compactionFailed: .compactionFailed,
            compactionWell: .compactionWell,
            indexFailed: .indexFailed,
            indexWell: .indexWell
        )

        static let edge = Events(
            condition: .edgeStoreCondition,
            compactionFailed: .edgeCompactionFailed,
            compactionWell: .edgeCompactionWell,
            indexFailed: .edgeIndexFailed,
            indexWell: .edgeIndexWell
        )
    }

    /// A watch that writes to `logger`, of the store of a node of `role` that has been well so far.
    package init(role: NodeRole = .hub, logger: Logger) {
        events = role == .hub ? .hub : .edge
        self.logger = logger
    }

    /// What was found so far.
    package var counts: Counts { state.withLock { $0.counts } }

    /// Looks at what `statistics` says until the calling task is cancelled.
    package func run(clock: any Clock, _ statistics: @escaping @Sendable () -> StoreStatistics) async {
        while (try? await clock.sleep(for: Limits.Hub.storeLookInterval)) != nil { look(at: statistics()) }
    }

    /// Says what has changed.
    package func look(at found: StoreStatistics) {
        let before = state.withLock { state in
            let before = state
            state.condition = found.condition
            state.compaction = found.compactionFailure?.message
            state.index = found.indexFailure?.message
            if before.condition == .serving, found.condition != .serving { state.counts.writer += 1 }
            if before.compaction == nil, state.compaction != nil { state.counts.compaction += 1 }
            if before.index == nil, state.index != nil { state.counts.index += 1 }
            return before
        }
        if before.condition != found.condition { say(found.condition) }
        say(found.compactionFailure, before.compaction, events.compactionFailed, events.compactionWell)
        say(found.indexFailure, before.index, events.indexFailed, events.indexWell)
    }

    private func say(_ condition: StoreCondition) {
        let words =
            switch condition {
            case .serving: "the store takes appends again"
            case .readOnly: "the store has no room: what is there is served, and nothing new is taken"
            case .failed: "the store has failed and takes nothing more until the node is started again"
            }
        let level: LogLevel = condition == .serving ? .info : .error
        logger.log(level, events.condition, [LogField(.reason, .text(words))])
    }

    /// A failure that has other words is another one.
    private func say(_ failure: JournalError?, _ before: String?, _ failed: LogEvent, _ well: LogEvent) {
        if let failure, failure.message != before { logger.log(.error, failed, error: failure) }
        if failure == nil, before != nil { logger.log(.info, well) }
    }
}

extension LogEvent {
    static let storeCondition = LogEvent("hub.store-condition")
    static let compactionFailed = LogEvent("hub.store-compaction-failed")
    static let compactionWell = LogEvent("hub.store-compaction-well")
    static let indexFailed = LogEvent("hub.store-index-failed")
    static let indexWell = LogEvent("hub.store-index-well")
    static let indexMadeAgain = LogEvent("hub.store-index-made-again")
}

extension LogEvent {
    static let edgeStoreCondition = LogEvent("edge.store-condition")
    static let edgeCompactionFailed = LogEvent("edge.store-compaction-failed")
    static let edgeCompactionWell = LogEvent("edge.store-compaction-well")
    static let edgeIndexFailed = LogEvent("edge.store-index-failed")
    static let edgeIndexWell = LogEvent("edge.store-index-well")
    static let edgeIndexMadeAgain = LogEvent("edge.store-index-made-again")
}
