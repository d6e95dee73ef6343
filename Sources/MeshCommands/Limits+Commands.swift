package import MeshCore

extension Limits {
    /// Bounds on `synesis`.
    package enum Commands {
        /// Bytes of a file with authorities; a larger one is refused.
        package static let maximumAuthorityBytes = 1_024 * 1_024

        /// Bytes of a token that is typed or handed on; what is longer is refused.
        package static let maximumTokenBytes = 4_096

        /// Pages of nodes, sessions or accounts that are fetched for one list; of more the rest is left out, and said.
        package static let maximumPages = 1_000

        /// Rows of usage that a screen shows; of more it is said how many.
        package static let maximumChartRows = 40

        /// Pings of one call; more are refused as a wrong word.
        package static let maximumPings = 1_000

        /// How long a gateway that nobody has named may take to say what it is; then the next place is looked at.
        package static let probeTimeout = Duration.seconds(2)

        /// How long a gateway may take for an answer beyond what the edge is given for its own.
        package static let answerTimeout = Duration.seconds(15)

        /// How long an edge that goes is watched beyond the patience that it has named; then it has not gone.
        package static let drainMargin = Duration.seconds(10)

        /// How often it is looked whether it has gone.
        package static let drainLookInterval = Duration.milliseconds(100)

        /// Bytes of a question, a piece of knowledge or a context that are read from a file or from standard input;
        /// what is longer is refused.
        package static let maximumQuestionBytes = 4 * 1_024 * 1_024

        /// Bytes of a request or a text that `redact` reads; a longer one is refused.
        package static let maximumRedactBytes = 16 * 1_024 * 1_024

        /// Bytes of an answer; one that has more is broken off.
        package static let maximumAnswerBytes = 64 * 1_024 * 1_024

        /// Tokens that an answer may have where nobody says how many.
        package static let usualTokens = 1_024

        /// How long the first sign of an answer may take: longer than any node lets an answer take.
        package static let streamPatience = Duration.seconds(660)

        /// How long an answer shows no sign of life before a person is told that it is waited for, once.
        package static let patienceWithoutWord = Duration.seconds(2)

        /// How long a stream may be silent, signs of life included; then it is broken off.
        package static let streamSilence = Duration.seconds(120)

        /// Bytes of a line that is typed or pasted; what is more is not taken, and the bell says so.
        package static let maximumLineBytes = 256 * 1_024

        /// Lines that are remembered; beyond them the oldest is forgotten.
        package static let maximumHistoryLines = 1_000

        /// Bytes of a remembered line; a longer one is not remembered.
        package static let maximumHistoryLineBytes = 16 * 1_024

        /// Bytes of the file of them that are read; of a longer one nothing is remembered.
        package static let maximumHistoryBytes = 32 * 1_024 * 1_024

        /// Bytes of one sequence that a key sends; a longer one is dropped.
        package static let maximumKeyBytes = 32
    }
}
