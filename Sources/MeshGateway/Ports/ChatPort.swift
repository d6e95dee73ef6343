package import MeshChat
package import MeshCore
package import MeshIdentity

/// The port to whoever answers chats on this node: the desk of a hub, and later an edge's way to its hub.
///
/// Asked by many at a time, on the loop of the listener.
package protocol ChatPort: Sendable {
    /// Begins an answer: everything that can be refused is refused here, before a byte of an answer.
    ///
    /// Cancelling the task stops it at once and costs what was used until then.
    func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun

    /// The models that can be asked now, and what clients are told of them.
    func models() async -> [ModelDescription]

    /// The model called `name`, or what that is another name of.
    func model(named name: String) async -> ModelDescription?
}

/// A chat that a client asks for.
package struct ChatCall: Sendable {
    /// By which it is known everywhere.
    package var id: UniqueID
    /// Who asks.
    package var caller: Caller
    /// What is asked, in nobody's dialect.
    package var request: ChatRequest
    /// When it must be over.
    package var deadline: Instant
    /// Where it belongs.
    package var place: CallPlace

    /// A call of these parts.
    package init(
        id: UniqueID,
        caller: Caller,
        request: ChatRequest,
        deadline: Instant,
        place: CallPlace = CallPlace()
    ) {
        self.id = id
        self.caller = caller
        self.request = request
        self.deadline = deadline
        self.place = place
    }
}

/// An answer that is being given, and what is known of it beside its words.
///
/// Behind its last event, its error or ``cancel()`` it is settled, once; so it is where nobody holds it any more.
package protocol ChatRun: ChatAnswer {
    /// The model that answers, by its name in the table.
    var model: String { get }
    /// Who runs it, by our name.
    var engine: String { get }
    /// Why this model was chosen.
    var reason: String { get }
    /// Parameters that were left out because the model refuses them.
    var dropped: [String] { get }
    /// How often the caller may still ask; nil where nothing is limited.
    var allowance: RequestAllowance? { get }
    /// What has been used so far costs so much, at the price of who answers; nil where nobody has said.
    var costSoFar: Money? { get }
    /// What was charged, and out of what; known behind the end, and nil where nobody charges.
    var charge: CallCharge? { get }
}

extension ChatRun {
    /// Nobody has said.
    package var costSoFar: Money? { nil }
    /// Nobody has said.
    package var charge: CallCharge? { nil }
}
