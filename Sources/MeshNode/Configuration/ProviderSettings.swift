package import MeshChat
internal import MeshCore

/// A provider as a file of settings has it: where it is, how it speaks, where its key lies, which models it has.
package struct ProviderSettings: Hashable, Sendable {
    /// How it speaks.
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        /// Anthropic itself, or a server that speaks as it does.
        case anthropic
        /// OpenAI itself.
        case openAI = "openai"
        /// A server that speaks like OpenAI.
        case compatible = "openai-compatible"

        /// Where it is unless said; nil where it must be said.
        package var usualURL: String? {
            switch self {
            case .anthropic: "https://api.anthropic.com"
            case .openAI: "https://api.openai.com/v1"
            case .compatible: nil
            }
        }
    }

    /// Where a key lies; it is never in a file of settings itself.
    package enum KeySource: Hashable, Sendable {
        /// In a file that its owner alone may read.
        case file(String)
        /// In a variable of the environment.
        case variable(String)

        /// For people: where, and never what.
        package var words: String {
            switch self {
            case .file(let path): "the file '\(path)'"
            case .variable(let name): "the variable \(name)"
            }
        }
    }

    /// A model that it has.
    package struct Model: Hashable, Sendable {
        /// By which clients ask for it.
        package var name: String
        /// By which the provider is asked for it.
        package var providerName: String
        /// What is known of it, where the table of models does not say.
        package var row: ModelRow?
    }

    /// Our name for it.
    package var name: String
    /// How it speaks.
    package var kind: Kind
    /// Where it is.
    package var url: String
    /// Where its key lies; nil where it asks for none.
    package var key: KeySource?
    /// The models that it has, the most wanted first.
    package var models: [Model]

    /// The same for people, on one line, without anything secret.
    package var summary: String {
        let shown = models.prefix(4).map(\.name).joined(separator: ", ") + (models.count > 4 ? ", …" : "")
        return "\(kind.rawValue) at \(url), key: \(key?.words ?? "none"), models: \(shown)"
    }
}

/// What a file of settings says of providers, beside the table of settings: lists of objects have no place there.
package struct ProviderSection: Hashable, Sendable {
    /// The providers, in the order in which they are asked for a model that several have.
    package var providers: [ProviderSettings] = []
    /// By model, those that are asked where it cannot answer.
    package var substitutes: [String: [String]] = [:]
    /// Where the section stands: `node.json5:3:7`.
    package var place: String?

    /// Nothing said.
    package init() {}
}
