package import MeshActors
package import MeshCore
internal import MeshLedger
package import MeshUsageStore

/// Carries postings from the accounts' journals into the database of usage, behind the calls, which never wait for it.
///
///     commit ─▶ note(account) ─▶ a round, each second ─▶ journal behind the cursor ─▶ rows and cursor together
///
/// The cursor stands beside the rows, so that a crash at any instant neither loses a posting nor stores it twice. What
/// cannot be stored stays in the journal and is tried again for ever; nothing else of the hub notices.
package final class UsageExporter: Sendable {
    private struct State {
        var noted: Set<String> = []
        var isScanDue = true
        var counts = UsageExportCounts()
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
            counts.waiting = state.noted.count
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
            let isWell = await round()
            let pause = isWell ? Limits.UsageExport.interval : Limits.UsageExport.retryPause
            guard (try? await clock.sleep(for: pause)) != nil else { break }
        }
        await store.close()
    }

    /// Carries what is known to be new now; false where something could not be carried, which is tried again.
    package func round() async -> Bool {
        let (noted, isScanDue) = state.withLock { state in
            defer { (state.noted, state.isScanDue) = ([], false) }
            return (state.noted, state.isScanDue)
        }
        var trip = UsageTrip(from: journal, to: store)
        do {
            if isScanDue { try await trip.carryAll() } else { try await trip.carry(noted) }
        } catch {
            trip.failure = trip.failure ?? UsageTrip.words(error)
        }
        settle(trip, noted, wasScan: isScanDue)
        return trip.failure == nil
    }

    private func settle(_ trip: UsageTrip, _ noted: Set<String>, wasScan: Bool) {
        let before = state.withLock { state in
            let before = state.counts
            state.counts.rows += trip.rows
            state.counts.batches += trip.batches
            state.counts.begunAnew += UInt64(trip.begunAnew.count)
            state.counts.failure = trip.failure.map { "\($0.error): \($0.reason)" }
            if trip.failure == nil {
                state.counts.lastWell = clock.wallTime
            } else {
                state.counts.failures += 1
                state.isScanDue = state.isScanDue || wasScan
                if !wasScan { state.noted.formUnion(noted) }
            }
            return before
        }
        if !trip.begunAnew.isEmpty {
            let words = "\(trip.begunAnew.count) accounts; the first is \(trip.begunAnew[0])"
            logger.log(.warning, .usageBegunAnew, [LogField(.reason, .text(words))])
        }
        if let failure = trip.failure, before.failure != "\(failure.error): \(failure.reason)" {
            let fields = [LogField(.error, .text(failure.error)), LogField(.reason, .text(failure.reason))]
            logger.log(.error, .usageNotStored, fields)
        }
        if trip.failure == nil, before.failure != nil { logger.log(.info, .usageStored) }
    }
}

extension LogEvent {
    static let usageNotStored = LogEvent("usage.not-stored")
    static let usageStored = LogEvent("usage.stored-again")
    static let usageBegunAnew = LogEvent("usage.begun-anew")
}
