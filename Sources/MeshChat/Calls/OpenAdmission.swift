package import MeshCore

/// An admission that admits everybody and charges nothing, for whoever keeps no accounts.
///
/// Nothing is remembered of a call but sums, and those only for as long as the process lives. It holds nobody to
/// anything: an id that comes twice is two calls.
package final class OpenAdmission: AdmissionPort {
    /// What all calls have come to.
    package struct Totals: Hashable, Sendable {
        /// Calls that were admitted.
        package fileprivate(set) var admitted = UInt64(0)
        /// Calls that were settled.
        package fileprivate(set) var settled = UInt64(0)
        /// Calls that came to nothing.
        package fileprivate(set) var voided = UInt64(0)
        /// What the settled ones would have cost.
        package fileprivate(set) var cost = Money.zero
    }

    private let state = Lock(Totals())

    /// Nobody has asked yet.
    package init() {}

    /// What all calls have come to.
    package var totals: Totals { state.withLock { $0 } }

    /// Admits it.
    package func reserve(_ ask: AdmissionAsk) async throws(ChatError) -> AdmissionHold {
        state.withLock { $0.admitted += 1 }
        return AdmissionHold(id: ask.id, tenant: ask.tenant, price: ask.price)
    }

    /// Counts it.
    @discardableResult
    package func settle(_ hold: AdmissionHold, as outcome: AdmissionOutcome) async throws(ChatError) -> CallCharge? {
        state.withLock { totals in
            totals.settled += 1
            let (sum, isTooMuch) = totals.cost.nanodollars.addingReportingOverflow(outcome.cost.nanodollars)
            totals.cost = Money(nanodollars: isTooMuch ? .max : sum)
        }
        return nil
    }

    /// Counts it.
    package func void(_ hold: AdmissionHold) async throws(ChatError) { state.withLock { $0.voided += 1 } }
}
