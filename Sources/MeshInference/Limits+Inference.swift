package import MeshCore

extension Limits {
    /// Bounds on models, adapters and requests of the engine in the process.
    package enum Inference {
        /// Requests of one model that wait for their turn; further ones are `overloaded`.
        package static let maximumWaiting = 256

        /// Calls to one model's thread that have not been looked at; further ones are `overloaded`.
        package static let maximumCalls = 1_024

        /// Sequences that one context computes together; further ones wait.
        package static let maximumSequences = 32

        /// Tokens of one batch: a longer prompt is read in pieces, between which others have their turn.
        package static let maximumBatchTokens = 512

        /// Tokens of a prompt and its answer, unless the operator allows more: what models say of themselves may need
        /// more memory than there is.
        package static let maximumContextTokens = 8_192

        /// Adapters that one model has ready; the one that was used longest ago makes room, or the load is `overloaded`
        /// where all are in use.
        ///
        /// Each costs every context of the model a little.
        package static let maximumAdapters = 64

        /// Bytes of one adapter's file; a larger one is refused.
        package static let maximumAdapterBytes = 1_024 * 1_024 * 1_024

        /// Bytes that all contexts of one model may have; the one that was used longest ago makes room, and a request
        /// for which none can be made waits.
        package static let maximumContextBytes = 1_024 * 1_024 * 1_024

        /// Bytes of a JSON schema; a longer one is refused.
        package static let maximumSchemaBytes = 64 * 1_024

        /// Values inside each other in a JSON schema; a deeper one is refused, for the library recurses as deep.
        package static let maximumSchemaDepth = 32

        /// Bytes of a regular expression in a JSON schema; a longer one is refused, for the same reason.
        package static let maximumPatternBytes = 1_024

        /// Bytes of the grammar that is made of a JSON schema; a longer one is refused, for each token goes through it.
        package static let maximumGrammarBytes = 512 * 1_024

        /// Bytes of a chat template; a model with a longer one is refused.
        package static let maximumTemplateBytes = 256 * 1_024

        /// Bytes of one expression of a chat template, its texts not counted; a model with a longer one is refused, for
        /// the library follows it by recursion.
        package static let maximumExpressionBytes = 4 * 1_024

        /// Brackets inside each other in such an expression; a model with more is refused, for the same reason.
        package static let maximumExpressionDepth = 64

        /// Texts that end one answer; a request with more is refused.
        package static let maximumStops = 16

        /// Bytes of such a text; a request with a longer one is refused.
        package static let maximumStopBytes = 256

        /// Bytes of a conversation as the engine gets it; a longer one is `contextExceeded` before it is looked at.
        package static let maximumPromptBytes = 16 * 1_024 * 1_024
    }

    /// Bounds on the heads of model and adapter files, which are read before the library sees them.
    package enum ModelFile {
        /// Bytes of a head; a longer one is refused.
        package static let maximumHeadBytes = 64 * 1_024 * 1_024

        /// Keys, and values of one list; a file with more is refused.
        package static let maximumValues = 1_048_576

        /// Keys of a GGUF file; a file with more is refused.
        package static let maximumKeys = 4_096

        /// Tensors; a file with more is refused.
        package static let maximumTensors = 16_384

        /// Bytes of a key or a tensor's name; a file with a longer one is refused.
        package static let maximumNameBytes = 1_024
    }
}
