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
    /// The number of the run that answers the request called `request` of `caller`.
    func run(of request: String, caller: Caller) -> UniqueID

    /// Begins the answer: what can be refused is refused here, before a word of it.
    ///
    /// The same request of the same caller is the same run. Cancelling the task stops it and costs what was used.
    func begin(_ call: EscalationCall) async throws(EscalationFailure) -> any EscalationRun

    /// Takes a question in that waits for a hub and is asked once; `unsupported` where the node has no queue.
    func enqueue(_ call: EscalationCall) async throws(EscalationFailure) -> AskStanding

    /// What of a question would leave this node, were it asked now; `unsupported` where nothing is redacted: on a hub.
    func preview(_ call: EscalationCall) async throws(EscalationFailure) -> QuestionPreview

    /// How a question stands that was taken in; an answer is given out for a few minutes, and then
    /// forgotten.
    func standing(of request: String, caller: Caller) async throws(EscalationFailure) -> AskStanding

    /// Forgets a question that waits, or its answer that was fetched; false where there is none, `conflict` where it
    /// has been asked and nobody has fetched the answer.
    func drop(_ request: String, caller: Caller) async throws(EscalationFailure) -> Bool
}

extension EscalationPort {
    /// Of the request and its asker alone.
    package func run(of request: String, caller: Caller) -> UniqueID {
        EscalationRequest.run(of: request, asker: caller.asker)
    }

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
    /// The model's name, the project's and the adapter's, where the question names one.
    package var (model, project, adapter): (String?, String?, String?)
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
    package init(
        query: String,
        context: SessionContext,
        history: [Turn],
        model: String? = nil,
        project: String? = nil,
        adapter: String? = nil,
        found: RedactionReport
    ) {
        self.query = query
        (self.model, self.project, self.adapter) = (model, project, adapter)
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
    /// What of the question did not fit, and the model was not told; nil where nobody knows any more.
    var leftOut: LeftOut? { get }
    /// Whether the reason for its end is known: of an answer that was kept it may not be.
    var knowsStopReason: Bool { get }
    /// Whether more was said than was kept.
    var isCut: Bool { get }
    /// What was charged, and out of what; known behind the end, and nil where nobody charges.
    var charge: CallCharge? { get }
}

extension EscalationRun {
    /// Whoever ends an answer says why.
    package var knowsStopReason: Bool { true }

    /// It is told as it is said.
    package var isCut: Bool { false }

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
    case answered(KeptAnswer)
    /// There is none.
    case failed(EscalationFailure)
    /// There is no such question: it was never asked, its answer was fetched a while ago, or it has expired.
    case unknown
}

/// An answer that was kept until somebody came for it.
package struct KeptAnswer: Sendable {
    /// The run that gave it.
    package var run: UniqueID
    /// The model.
    package var model: String
    /// What it said.
    package var text: String
    /// Whether it said more than was kept.
    package var isCut = false
    /// Why it was over; nil where nobody knows any more.
    package var stopReason: StopReason?
    /// What was used.
    package var usage: ChatUsage
    /// What that costs; nil where nobody has said.
    package var cost: Money?
    /// What was charged, and out of what; nil where nobody charges.
    package var charge: CallCharge?
    /// What the privacy proxy has done; nil where there is none.
    package var privacy: PrivacyNote?
    /// What of the question did not fit; nil where nobody knows any more.
    package var leftOut: LeftOut?

    /// What `model` has said.
    package init(run: UniqueID, model: String, text: String, usage: ChatUsage) {
        self.run = run
        self.model = model
        self.text = text
        self.usage = usage
    }
}
