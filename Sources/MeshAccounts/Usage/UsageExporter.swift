package import MeshActors
package import MeshCore
internal import MeshLedger
package import MeshUsageStore

/// Carries postings from the accounts' journals into the database of usage, behind the calls, which never wait for it.
///
///     commit ─▶ note(account) ─▶ a round, each second ─▶ journal behind the cursor ─▶ rows and cursor together
///
/// The cursor stands beside the rows, so that a crash at any instant neither loses a posting nor stores it twice. What
/// cannot be stored stays in the journal and is tried again for ever; nothing else of the hub notices. A journal that
/// cannot be read keeps nobody but its own account waiting.
package final class UsageExporter: Sendable {
    fileprivate struct State {
        var noted: Set<String> = []
        /// Accounts whose journals could not be read, and when each is tried again.
        var unread: [String: Instant] = [:]
        var isScanDue = true
        var counts = UsageExportCounts()
    }

    /// What a round sets out for.
    fileprivate struct Load {
        let accounts: Set<String>
        /// All accounts that there are.
        let isScan: Bool
    }

    private enum End {
        /// Nothing is left that could not be stored.
        case well
        /// Single accounts wait.
        case incomplete
        /// All wait: the database cannot be used, or the list of accounts not be read.
        case failed
    }

    private let state = Lock(State())
    private let journal: any Journal
    private let store: UsageStore
    private let clock: any Clock
    private let logger: Logger

    /// Carries from `journal` to `store`.
    package init(from journal: any Journal, to store: UsageStore, clock: any Clock, logger: Logger) {
        self.journal = journal
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// What was done, and how it stands.
    package var counts: UsageExportCounts {
        state.withLock { state in
            var counts = state.counts
            counts.waiting = state.noted.union(state.unread.keys).count
            return counts
        }
    }

    /// Notes that `account` may have something new; for whoever has seen it commit.
    package func note(_ account: String) {
        state.withLock { state in
            if state.isScanDue { return }
            state.noted.insert(account)
            guard state.noted.count > Limits.UsageExport.maximumNoted else { return }
            state.noted = []
            state.isScanDue = true
        }
    }

    /// Carries until the calling task is cancelled; call it once.
    package func run() async {
        var nextScan = clock.now
        while !Task.isCancelled {
            if clock.now >= nextScan {
                state.withLock { $0.isScanDue = true }
                nextScan = clock.now + Limits.UsageExport.scanInterval
            }
            let pause = await carry() == .failed ? Limits.UsageExport.retryPause : Limits.UsageExport.interval
            guard (try? await clock.sleep(for: pause)) != nil else { break }
        }
        await store.close()
    }

    /// Carries what is known to be new now; false where something could not be carried, which is tried again.
    package func round() async -> Bool { await carry() == .well }

    private func carry() async -> End {
        let load = state.withLock { $0.takeLoad(now: clock.now) }
        var trip = UsageTrip(from: journal, to: store)
        var isWhole = true
        do {
            if load.isScan { try await trip.carryAll() } else { try await trip.carry(load.accounts) }
        } catch {
            isWhole = false
            trip.failure = UsageTrip.words(error)
        }
        let (before, after) = state.withLock { state in
            let before = state.counts
            state.note(trip, load, isWhole: isWhole, now: clock.now, wallTime: clock.wallTime)
            return (before, state.counts)
        }
        tell(of: trip, before, after)
        return isWhole ? (after.failure == nil ? .well : .incomplete) : .failed
    }

    private func tell(of trip: UsageTrip, _ before: UsageExportCounts, _ after: UsageExportCounts) {
        if !trip.begunAnew.isEmpty {
            let words = "\(trip.begunAnew.count) accounts; the first is \(trip.begunAnew[0])"
            logger.log(.warning, .usageBegunAnew, [LogField(.reason, .text(words))])
        }
        if let failure = trip.failure, before.failure != after.failure {
            let fields = [LogField(.error, .text(failure.error)), LogField(.reason, .text(failure.reason))]
            logger.log(.error, .usageNotStored, fields)
        }
        if after.failure == nil, before.failure != nil { logger.log(.info, .usageStored) }
    }
}

extension UsageExporter.State {
    /// What is to be carried now, which is noted no more; who could not be read waits for his time, noted or not.
    fileprivate mutating func takeLoad(now: Instant) -> UsageExporter.Load {
        defer { (noted, isScanDue) = ([], false) }
        let due = unread.filter { $0.value <= now }.keys
        return UsageExporter.Load(accounts: noted.filter { unread[$0] == nil }.union(due), isScan: isScanDue)
    }

    /// Notes what became of `load`; of a trip that is not whole all is to be carried again.
    fileprivate mutating func note(
        _ trip: UsageTrip,
        _ load: UsageExporter.Load,
        isWhole: Bool,
        now: Instant,
        wallTime: WallTime
    ) {
        counts.rows += trip.rows
        counts.batches += trip.batches
        counts.begunAnew += UInt64(trip.begunAnew.count)
        if isWhole {
            unread = load.isScan ? [:] : unread.filter { !load.accounts.contains($0.key) }
            // Who finds no room here is found by the next look at all.
            for account in trip.unread.sorted() where unread.count < Limits.UsageExport.maximumNoted {
                unread[account] = now + Limits.UsageExport.retryPause
            }
        } else if load.isScan {
            isScanDue = true
        } else {
            noted.formUnion(load.accounts)
        }
        if let failure = trip.failure {
            counts.failures += 1
            counts.failure = "\(failure.error): \(failure.reason)"
        } else if unread.isEmpty {
            (counts.failure, counts.lastWell) = (nil, wallTime)
        }
    }
}

extension LogEvent {
    static let usageNotStored = LogEvent("usage.not-stored")
    static let usageStored = LogEvent("usage.stored-again")
    static let usageBegunAnew = LogEvent("usage.begun-anew")
}
