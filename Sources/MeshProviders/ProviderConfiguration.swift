internal import MeshChat
package import MeshDialects
package import MeshHTTP

/// A provider: where it is, how it speaks, and how it knows us.
package struct ProviderConfiguration: Sendable {
    /// How it speaks.
    package enum Dialect: Hashable, Sendable {
        /// Anthropic's Messages.
        case anthropic
        /// OpenAI's Chat Completions, with the ways of this server.
        case openAI(OpenAITraits)
    }

    /// Our name for it, for logs and routes.
    package var name: String

    /// How it speaks.
    package var dialect: Dialect

    /// Where it is, as its vendor's SDKs take it: `https://api.anthropic.com`, `https://api.openai.com/v1`.
    package var base: String

    /// How it knows us; nil where it does not ask.
    package var key: ProviderKey?

    /// How long to wait for what; `firstByte` is for streams.
    ///
    /// A vendor sends the head of a whole answer only at its end, so that is waited for until the call's deadline.
    package var timeouts = ClientTimeouts(
        waiting: .seconds(10),
        connect: .seconds(10),
        firstByte: .seconds(120),
        idle: .seconds(60)
    )

    /// The most tokens of prompt and answer of models of which it does not say that.
    package var assumedContextTokens = 32_768

    /// The most tokens that Anthropic is asked for where the client does not say.
    package var assumedOutputTokens = 8_192

    /// A provider called `name`.
    package init(name: String, dialect: Dialect, base: String, key: ProviderKey? = nil) {
        self.name = name
        self.dialect = dialect
        self.base = base
        self.key = key
    }

    /// Anthropic itself.
    package static func anthropic(key: ProviderKey) -> ProviderConfiguration {
        ProviderConfiguration(name: "anthropic", dialect: .anthropic, base: "https://api.anthropic.com", key: key)
    }

    /// OpenAI itself.
    package static func openAI(key: ProviderKey) -> ProviderConfiguration {
        ProviderConfiguration(name: "openai", dialect: .openAI(.openAI), base: "https://api.openai.com/v1", key: key)
    }
}
