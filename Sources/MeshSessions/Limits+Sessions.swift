package import MeshCore

extension Limits {
    /// Bounds on conversations.
    package enum Sessions {
        /// Bytes of one message: a longer one is refused, and a longer answer is cut and says so, for it has been paid.
        package static let maximumMessageBytes = 128 * 1_024

        /// Messages of one session; beyond them the oldest is forgotten, and counted.
        package static let maximumMessages = 2_000

        /// Bytes of all messages of one session; beyond them the oldest are forgotten, and counted.
        package static let maximumSessionBytes = 4 * 1_024 * 1_024

        /// Runs whose answers are known, so that none is appended twice; beyond them the oldest is forgotten.
        package static let maximumAnsweredRuns = 1_024

        /// Sessions of one owner; a further one is refused until one is deleted.
        package static let maximumSessions = 4_096

        /// Deleted sessions that an index remembers, so that late news bring none back; beyond them the oldest goes.
        package static let maximumDeletedSessions = 1_024

        /// Characters of a title; a longer one ends at a word, and with `…`.
        package static let maximumTitleCharacters = 60

        /// Bytes of a title, whatever its characters weigh; a longer one is cut.
        package static let maximumTitleBytes = 256

        /// Bytes of what an asker is after (`pathos_framing`); more are refused.
        package static let maximumFramingBytes = 16 * 1_024

        /// Pieces of knowledge (`local_knowledge`) in one context; more are refused.
        package static let maximumKnowledgePieces = 64

        /// Bytes of one piece of knowledge; more are refused.
        package static let maximumKnowledgeBytes = 64 * 1_024

        /// Bytes of the name of a piece of knowledge; more are refused.
        package static let maximumKnowledgeNameBytes = 256

        /// Rules (`constraints`) in one context; more are refused.
        package static let maximumConstraints = 32

        /// Bytes of one rule; more are refused.
        package static let maximumConstraintBytes = 2 * 1_024

        /// Bytes of a whole context, so that it fits an actor's answer; more are refused.
        package static let maximumContextBytes = 160 * 1_024

        /// Bytes of a model's name; more are refused.
        package static let maximumModelBytes = 128

        /// Messages, or sessions, in one answer; the asker comes back for more.
        package static let maximumPage = 100

        /// Bytes of the messages in one answer, unless a single one has more; the asker comes back for more.
        package static let maximumPageBytes = 128 * 1_024
    }
}
