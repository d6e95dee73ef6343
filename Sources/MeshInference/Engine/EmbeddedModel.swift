internal import MeshCore

/// A model that the embedded engine shall have.
package struct EmbeddedModel: Hashable, Sendable {
    /// By what name it is asked for.
    package var name: String

    /// The GGUF file.
    package var path: String

    /// How many threads compute.
    ///
    /// One for a tiny model: two on busy cores wait for each other two hundred times as long.
    package var threads = 1

    /// The most tokens of prompt and answer together; nil for what the model was trained with, up to
    /// ``Limits/Inference/maximumContextTokens``.
    package var contextTokens: Int?

    /// How daring it is where a request does not say.
    package var temperature = 0.7

    /// The chat template in place of the file's own; nil for that.
    package var template: String?

    /// Bytes that its contexts may have together; at least one is always made.
    package var contextBytes = Limits.Inference.maximumContextBytes

    /// How many answers one context computes together.
    package var sequences = Limits.Inference.maximumSequences

    /// The model `name` in the file at `path`.
    package init(name: String, path: String) {
        self.name = name
        self.path = path
    }

    /// The tiny model of this project, which was trained to be asked for its likeliest words.
    package static func tiny(at path: String) -> EmbeddedModel {
        var model = EmbeddedModel(name: "tiny", path: path)
        model.temperature = 0
        return model
    }
}
