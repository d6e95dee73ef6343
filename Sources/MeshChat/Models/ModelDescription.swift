package import MeshCore

/// A model as clients are told of it.
package struct ModelDescription: Hashable, Sendable {
    /// Its name.
    package var name: String

    /// Who made it, or has it: `anthropic`, `openai`, `meshnode`.
    package var owner: String

    /// Since when there is such a model.
    package var created: WallTime

    /// The most tokens of prompt and answer together.
    package var contextTokens: Int

    /// The most tokens of an answer.
    package var maximumOutputTokens: Int

    /// When its provider takes it away; nil where nothing is announced.
    package var ends: WallTime?

    /// A model of these qualities.
    package init(
        name: String,
        owner: String,
        created: WallTime,
        contextTokens: Int,
        maximumOutputTokens: Int,
        ends: WallTime? = nil
    ) {
        self.name = name
        self.owner = owner
        self.created = created
        self.contextTokens = contextTokens
        self.maximumOutputTokens = maximumOutputTokens
        self.ends = ends
    }
}
