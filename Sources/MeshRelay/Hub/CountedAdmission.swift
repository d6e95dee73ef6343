package import MeshChat
internal import MeshCore
internal import MeshIdentity

/// An admission that counts what another one settles.
package final class CountedAdmission: AdmissionPort {
    private let admission: any AdmissionPort
    private let tally: UsageTally
    /// The model of each call that is admitted and not settled: no more than a desk has calls.
    private let models = Lock<[UniqueID: String]>([:])

    /// Asks `admission`, and tells `tally`.
    package init(_ admission: any AdmissionPort, tally: UsageTally) {
        self.admission = admission
        self.tally = tally
    }

    /// Reserves, and notes which model is asked.
    package func reserve(_ ask: AdmissionAsk) async throws(ChatError) -> AdmissionHold {
        let hold = try await admission.reserve(ask)
        models.withLock { models in
            // Beyond it stand only calls whose settlement was given up; what comes then is not counted.
            if models.count < Limits.Chat.maximumCalls { models[ask.id] = ask.model }
        }
        return hold
    }

    /// Settles, and counts what was used, once.
    @discardableResult
    package func settle(_ hold: AdmissionHold, as outcome: AdmissionOutcome) async throws(ChatError) -> CallCharge? {
        let charge = try await admission.settle(hold, as: outcome)
        // Settling the same again is one call all the same.
        guard let asked = models.withLock({ $0.removeValue(forKey: hold.id) }) else { return charge }
        let cost = charge?.total ?? outcome.cost
        tally.note(outcome.usage, of: outcome.substitute?.model ?? asked, tenant: hold.tenant, cost: cost)
        return charge
    }

    /// Voids: nothing was used.
    package func void(_ hold: AdmissionHold) async throws(ChatError) {
        models.withLock { _ = $0.removeValue(forKey: hold.id) }
        try await admission.void(hold)
    }
}
