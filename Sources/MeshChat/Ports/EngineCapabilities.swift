/// What an engine can do beyond answering.
package struct EngineCapabilities: Hashable, Sendable {
    /// Which adapters can be used.
    package enum Adapters: Hashable, Sendable {
        /// None.
        case none
        /// Those that it was started with.
        case fixed
        /// Any, while it runs.
        case dynamic
    }

    /// How a request says which adapter it wants.
    package enum Selection: Hashable, Sendable {
        /// By a context of its own in the engine.
        case context
        /// By a field of the request, called so.
        case requestField(String)
        /// By the model's name.
        case modelName
    }

    /// Which adapters can be used.
    package var adapters = Adapters.none

    /// In which files they come.
    package var formats: Set<AdapterFormat> = []

    /// How a request says which one it wants.
    package var selection = Selection.context

    /// Whether requests with different adapters are computed together.
    package var mixesAdapters = false

    /// Whether an adapter's file must lie on the engine's own machine.
    package var needsLocalPath = false

    /// What can be imposed on the form of an answer.
    package var grammars: Set<Grammar> = []

    /// The most adapters that are ready at a time; nil where nobody knows of a bound.
    package var maximumAdapters: Int?

    /// Whether the same seed gives the same answer.
    package var honoursSeeds = false

    /// Whether it counts tokens itself.
    package var countsTokens = false

    /// What every engine can do.
    package init() {}
}

/// What can be imposed on the form of an answer.
package enum Grammar: Hashable, Sendable {
    /// That it is a JSON object.
    case jsonObject
    /// That it follows a JSON schema.
    case jsonSchema
    /// That it calls a tool.
    case toolCall
}

/// A model that an engine has.
package struct EngineModel: Hashable, Sendable {
    /// By what name the engine is asked for it.
    package var name: String

    /// The most tokens of prompt and answer together.
    package var contextTokens: Int

    /// The most tokens of an answer.
    package var maximumOutputTokens: Int

    /// Whether it can call tools.
    package var canUseTools: Bool

    /// Whether it can look at pictures.
    package var canSeeImages: Bool

    /// When it was made or came to be here, in seconds since 1970; 0 where nobody knows.
    package var created: Int64

    /// A model of these qualities.
    package init(
        name: String,
        contextTokens: Int,
        maximumOutputTokens: Int,
        canUseTools: Bool = false,
        canSeeImages: Bool = false,
        created: Int64 = 0
    ) {
        self.name = name
        self.contextTokens = contextTokens
        self.maximumOutputTokens = maximumOutputTokens
        self.canUseTools = canUseTools
        self.canSeeImages = canSeeImages
        self.created = created
    }
}
