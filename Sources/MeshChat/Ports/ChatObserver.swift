package import MeshCore

/// The port to whoever counts calls and writes them down.
///
/// Called from any task, once for each call that is told of; must not block.
package protocol ChatObserver: Sendable {
    /// A call is over: refused, complete or broken off.
    func callEnded(_ record: CallRecord)

    /// The account of a call could not be settled; `isGivenUp` where that is not tried again.
    func settlingFailed(_ record: CallRecord, _ error: ChatError, isGivenUp: Bool)
}

/// What is known of a call that is over: nothing that a client wrote, not even by what name it asked.
package struct CallRecord: Hashable, Sendable {
    /// How a call ended.
    package enum Outcome: Hashable, Sendable {
        /// The answer was complete.
        case complete
        /// The client left.
        case clientLeft
        /// It broke off behind its first word.
        case brokenOff(ChatErrorCode)
        /// There was no answer.
        case refused(ChatErrorCode)

        /// Its name for metrics and logs.
        package var name: String {
            switch self {
            case .complete: "complete"
            case .clientLeft: "client_left"
            case .brokenOff: "broken_off"
            case .refused: "refused"
            }
        }

        /// Why, where something went wrong.
        package var code: ChatErrorCode? {
            switch self {
            case .complete, .clientLeft: nil
            case .brokenOff(let code), .refused(let code): code
            }
        }
    }

    /// By which it is known everywhere.
    package var id: UniqueID
    /// The trace that it belongs to.
    package var trace: TraceContext?
    /// On whose behalf.
    package var tenant: TenantID
    /// The name of the key that was shown.
    package var key: String?
    /// The model that answered, or was to; nil where none was found.
    package var model: String?
    /// Who answered; nil where nobody did.
    package var engine: String?
    /// What was used.
    package var usage = ChatUsage()
    /// From the question to the first word; nil where there was none.
    package var firstWord: Duration?
    /// From the question to the end.
    package var whole = Duration.zero
    /// How it ended.
    package var outcome: Outcome

    /// A record of a call of which no more is known than this.
    package init(id: UniqueID, trace: TraceContext?, tenant: TenantID, key: String?, outcome: Outcome) {
        self.id = id
        self.trace = trace
        self.tenant = tenant
        self.key = key
        self.outcome = outcome
    }
}

/// Nobody counts, and nothing is written down.
package struct NoObserver: ChatObserver {
    /// Nobody.
    package init() {}
    /// Does nothing.
    package func callEnded(_ record: CallRecord) {}
    /// Does nothing.
    package func settlingFailed(_ record: CallRecord, _ error: ChatError, isGivenUp: Bool) {}
}
