package import MeshChat
package import MeshCore
package import MeshEscalation
package import MeshIdentity
package import MeshPrivacy
package import MeshSessions

/// The port to whoever answers questions on this node: a hub's desk, or an edge's way to its hub.
///
/// Asked by many at a time, on the loop of the listener.
package protocol EscalationPort: Sendable {
    /// Begins the answer: what can be refused is refused here, before a word of it.
    ///
    /// The same request of the same caller is the same run. Cancelling the task stops it and costs what was used.
    func begin(_ call: EscalationCall) async throws(EscalationFailure) -> any EscalationRun

    /// Takes a question in that waits for a hub and is asked once; `unsupported` where the node has no queue.
    func enqueue(_ call: EscalationCall) async throws(EscalationFailure) -> AskStanding

    /// What of a question would leave this node, were it asked now; `unsupported` where nothing is redacted: on a hub.
    func preview(_ call: EscalationCall) async throws(EscalationFailure) -> QuestionPreview

    /// How a question stands that was taken in; an answer is given out once, and then forgotten.
    func standing(of request: String, caller: Caller) async throws(EscalationFailure) -> AskStanding
}

extension EscalationPort {
    /// Nothing is redacted here.
    package func preview(_ call: EscalationCall) async throws(EscalationFailure) -> QuestionPreview {
        throw EscalationFailure(.unsupported, "this node redacts nothing: ask an edge")
    }
}

/// A question as it would leave an edge: with placeholders in all of its texts, and with what its session adds.
package struct QuestionPreview: Hashable, Sendable {
    /// What is asked.
    package var query: String
    /// What goes with it.
    package var context: SessionContext
    /// What was said before, in order.
    package var history: [Turn]
    /// What was found in all of it.
    package var found: RedactionReport

    /// One thing that was said before.
    package struct Turn: Hashable, Sendable {
        /// Who said it.
        package let role: ChatRole
        /// What, with placeholders.
        package let text: String

        /// `text` of `role`.
        package init(_ role: ChatRole, _ text: String) {
            self.role = role
            self.text = text
        }
    }

    /// A preview of these parts.
    package init(query: String, context: SessionContext, history: [Turn], found: RedactionReport) {
        self.query = query
        self.context = context
        self.history = history
        self.found = found
    }
}

/// A question that a client asks.
package struct EscalationCall: Sendable {
    /// Who asks.
    package var caller: Caller
    /// What is asked.
    package var request: EscalationRequest
    /// When it must be over.
    package var deadline: Instant

    /// A call of these parts.
    package init(caller: Caller, request: EscalationRequest, deadline: Instant) {
        self.caller = caller
        self.request = request
        self.deadline = deadline
    }
}

/// An answer that is being given to a question.
///
/// Its session has it, where there is one, before the last event is handed over.
package protocol EscalationRun: ChatAnswer {
    /// Its number.
    var run: UniqueID { get }
    /// The model that answers.
    var model: String { get }
    /// What was replaced on the way, and what of it was put back so far; nil where nothing is redacted: on a hub.
    var privacy: PrivacyNote? { get }
    /// What it costs; known behind the end, and nil where nobody has said so.
    var cost: Money? { get }
    /// What was charged, and out of what; known behind the end, and nil where nobody charges.
    var charge: CallCharge? { get }
}

extension EscalationRun {
    /// Nobody has said.
    package var charge: CallCharge? { nil }
}

/// What the privacy proxy did for one question.
package struct PrivacyNote: Hashable, Sendable {
    /// What was found in the question.
    package var found: RedactionReport
    /// What became of the placeholders in the answer so far.
    package var restored: RestorationTally

    /// A note of these parts.
    package init(found: RedactionReport, restored: RestorationTally = RestorationTally()) {
        self.found = found
        self.restored = restored
    }
}

/// How a question stands that waits for a hub.
package enum AskStanding: Sendable {
    /// It has not been asked yet.
    case waiting
    /// It is being answered.
    case asked
    /// This is the answer, put back together; it is not kept any longer.
    case answered(ChatReply, run: UniqueID, cost: Money?, charge: CallCharge?, privacy: PrivacyNote?)
    /// There is none.
    case failed(EscalationFailure)
    /// There is no such question: it was never asked, its answer was fetched, or it has expired.
    case unknown
}
