internal import MeshCore

/// An answer that is accounted for: however it ends, its call is settled or voided once.
///
/// At its end that is done before the last event is handed over; where it is cancelled or let go, the desk's
/// ``ChatDesk/run()`` does it soon after.
package final class AdmittedAnswer: ChatAnswer {
    private let desk: ChatDesk
    private let call: AdmittedCall
    private let begun: BegunAnswer

    /// Why this model was chosen.
    package let reason: String

    /// How often the caller may still ask; nil where nothing is limited.
    package let allowance: RequestAllowance?

    init(_ begun: BegunAnswer, _ call: AdmittedCall, reason: String, allowance: RequestAllowance?, desk: ChatDesk) {
        self.begun = begun
        self.call = call
        self.reason = reason
        self.allowance = allowance
        self.desk = desk
    }

    deinit { desk.leave(call) }

    /// Who answers, at what price.
    package var choice: ModelChoice { begun.choice }

    /// Parameters that were left out because the model refuses them.
    package var dropped: [String] { begun.dropped }

    /// The next event; nil behind `ended`.
    package func next() async throws(ChatError) -> ChatEvent? {
        if let reason = call.reason { throw reason }
        let event: ChatEvent?
        do throws(ChatError) { event = try await begun.next() } catch {
            if let reason = call.reason { throw reason }
            await desk.end(call, error.code == .cancelled ? .clientLeft : .brokenOff, error.code)
            throw error
        }
        if let reason = call.reason { throw reason }
        switch event {
        case .ended?: await desk.end(call, .complete, nil)
        case nil:
            guard !call.isOver else { return nil }
            await desk.end(call, .brokenOff, .upstreamFailed)
            throw ChatError(.upstreamFailed, "the answer breaks off", cause: ChatFailure(hasBegun: true))
        default:
            guard desk.isInTime(call) else {
                begun.cancel()
                await desk.end(call, .brokenOff, .timedOut)
                throw ChatError(.timedOut, "the answer took too long", cause: ChatFailure(hasBegun: true))
            }
        }
        return event
    }

    /// Stops it.
    package func cancel() { desk.leave(call) }

    /// What it was charged; nil until it is settled, and where nobody charges.
    package var charge: CallCharge? { call.charge }

    /// What was used so far.
    package var usageSoFar: ChatUsage { begun.usageSoFar }
}
