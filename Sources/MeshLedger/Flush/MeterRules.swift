package import MeshCore

/// What Stripe's answers mean, and what to do before an event is sent again.
package enum MeterRules {
    /// What comes next for an event that is not known to be delivered.
    package enum Step: Hashable, Sendable {
        /// It is sent: Stripe tells an identifier that it knows.
        case send
        /// It is looked for first: Stripe may have it and may have forgotten its identifier, and would count it twice.
        case reconcile
        /// Stripe takes nothing that is so old; people look at it.
        case tooOld
    }

    /// The next step for `event`, of which it is known whether it was ever sent.
    ///
    /// Where somebody has looked and not found it, it was sent since then if at all, and Stripe knows its identifier
    /// for as long again.
    package static func step(for event: MeterEvent, wasSent: Bool, now: WallTime) -> Step {
        let memory = Limits.Meter.identifierMemory
        let wasMissing = event.lookedAt.map { $0 <= now && $0.moved(by: memory) > now } ?? false
        if wasSent, !wasMissing, event.time.moved(by: memory) <= now { return .reconcile }
        if event.time.moved(by: Limits.Meter.oldestEvent) <= now { return .tooOld }
        return .send
    }

    /// What an answer means.
    package enum Verdict: Hashable, Sendable {
        /// Done with it.
        case ended(MeterOutcome)
        /// Another try may do.
        case again
    }

    /// What the answer with `status` means, whose error has `code` and says `message`.
    ///
    /// A repeated identifier is an error of Stripe's and a delivery of ours.
    package static func verdict(status: Int, code: String?, message: String?) -> Verdict {
        switch status {
        case 200..<300: return .ended(.delivered)
        case 400 where message?.contains("already exists with identifier") ?? false: return .ended(.delivered)
        // One of the two clocks is wrong, and the event becomes good by waiting.
        case 400 where code == "timestamp_in_future": return .again
        case 408, 409, 429, 500...: return .again
        // A key that is wrong or may not is the operator's to mend; the event is good.
        case 401, 403: return .again
        default: return .ended(.refused(code ?? "status \(status)"))
        }
    }
}
