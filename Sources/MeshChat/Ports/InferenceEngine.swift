package import MeshCore

/// The port to whatever runs models: the engine in this process, and every provider elsewhere.
///
/// Callable from any task, by many at a time. Whoever makes an engine closes it; answers that are under way then break
/// off with `unavailable`. Errors are thrown before the first event wherever that is possible, so that another engine
/// can be asked.
package protocol InferenceEngine: Sendable {
    /// What it can do.
    var capabilities: EngineCapabilities { get }

    /// The models that it has now.
    func models() async throws(ChatError) -> [EngineModel]

    /// Makes an adapter ready; the same one twice is one, and costs nothing the second time.
    ///
    /// Throws `unsupported` where the engine knows no adapters or not this format, `unknownAdapter` where only those
    /// that it was started with can be used, `malformed` where the file is broken or made for another model.
    func load(_ adapter: AdapterArtifact) async throws(ChatError) -> AdapterHandle

    /// Lets an adapter go; answers that use it are finished first. One that is not there is no error.
    func unload(_ adapter: AdapterHandle) async throws(ChatError)

    /// Begins an answer; returns as soon as it is certain that it begins.
    ///
    /// Cancelling the task stops it at once. `contextExceeded` where the prompt is too long, `overloaded` where the
    /// engine's queue is full, `unknownModel` where it has no such model, `unknownAdapter` where the adapter is not
    /// loaded or not this tenant's.
    func answer(_ request: GenerationRequest) async throws(ChatError) -> any ChatAnswer

    /// How many tokens the request's prompt has; an estimate where the engine cannot count, and then never too few.
    func promptTokens(of request: GenerationRequest) async throws(ChatError) -> TokenCount

    /// Whether it would answer now.
    func health() async -> EngineHealth
}

/// What an engine is asked to do, once it is clear which.
package struct GenerationRequest: Sendable {
    /// By which the call is known everywhere: logs, admission, the provider's own idempotency.
    package var id: UniqueID

    /// On whose behalf; engines keep tenants apart and share their time among them.
    package var tenant: TenantID

    /// The model by the engine's own name for it.
    package var model: String

    /// What is asked; its ``ChatRequest/model`` is the client's word and means nothing here.
    package var chat: ChatRequest

    /// The adapter; nil for the model as it is.
    package var adapter: AdapterHandle?

    /// When it must be over; nil for whenever.
    package var deadline: Instant?

    /// A request of these parts.
    package init(
        id: UniqueID,
        tenant: TenantID,
        model: String,
        chat: ChatRequest,
        adapter: AdapterHandle? = nil,
        deadline: Instant? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.model = model
        self.chat = chat
        self.adapter = adapter
        self.deadline = deadline
    }
}

/// A number of tokens.
package struct TokenCount: Hashable, Sendable {
    /// How many.
    package var tokens: Int

    /// Whether they were counted, and not estimated.
    package var isExact: Bool

    /// So many tokens.
    package init(_ tokens: Int, isExact: Bool) {
        self.tokens = tokens
        self.isExact = isExact
    }
}

/// Whether an engine would answer.
package enum EngineHealth: Hashable, Sendable {
    /// It would.
    case ready
    /// It will: it loads a model.
    case starting
    /// It would not just now, for this reason in words for operators.
    case unavailable(String)
}
