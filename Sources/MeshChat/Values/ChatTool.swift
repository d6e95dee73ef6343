package import MeshJSON

/// Something that the client can run for the model.
package struct ChatTool: Hashable, Sendable {
    /// What it is called.
    package var name: String

    /// What it is for, in words for the model.
    package var description: String?

    /// What it takes, as a JSON schema.
    package var schema: JSONValue

    /// Whether the arguments must follow the schema to the letter.
    package var isStrict: Bool

    /// How long the provider shall keep everything up to here ready.
    package var cached: CacheTime?

    /// A tool of these parts.
    package init(
        name: String,
        description: String? = nil,
        schema: JSONValue = .object(JSONObject()),
        isStrict: Bool = false,
        cached: CacheTime? = nil
    ) {
        self.name = name
        self.description = description
        self.schema = schema
        self.isStrict = isStrict
        self.cached = cached
    }
}

/// Whether a model calls tools.
package enum ToolChoice: Hashable, Sendable {
    /// As it sees fit.
    case automatic
    /// Not at all.
    case none
    /// At least one.
    case required
    /// This one.
    case named(String)
}

/// What an answer must look like.
package enum ResponseFormat: Hashable, Sendable {
    /// Words.
    case text
    /// A JSON object.
    case jsonObject
    /// JSON that follows `schema`; `name` is the client's, for the schema.
    case jsonSchema(name: String, schema: JSONValue, isStrict: Bool)
}
