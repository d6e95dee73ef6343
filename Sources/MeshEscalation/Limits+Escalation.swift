package import MeshCore

extension Limits {
    /// Bounds on questions that an edge has its hub answer.
    package enum Escalation {
        /// Bytes of the id by which an application knows its request; more are refused.
        package static let maximumRequestIDBytes = 128

        /// Bytes of a question; more are refused.
        package static let maximumQueryBytes = 256 * 1_024

        /// Bytes of a model's name or alias; more are refused.
        package static let maximumModelBytes = 128

        /// Bytes of a project's or an adapter's name; more are refused.
        package static let maximumNameBytes = 256

        /// Tokens that may be asked for; more are refused.
        package static let maximumTokens = 1_000_000

        /// Earlier messages that go with a question; more are refused.
        package static let maximumTurns = 100

        /// By how much redacting may make a text longer than its bound; a text that grew beyond it is refused.
        ///
        /// A short name becomes a long placeholder.
        package static let redactionGrowth = 4

        /// Parameters that an edge is told were left out; further ones are not told.
        package static let maximumDropped = 64

        /// Messages of one chat, as the dialects take them; more are refused.
        package static let maximumMessages = 16_384

        /// Parts of one message, and of what a tool said; more are refused.
        package static let maximumParts = 1_024

        /// Tools of one chat; more are refused.
        package static let maximumTools = 512

        /// Texts that end an answer; more are refused.
        package static let maximumStopSequences = 16

        /// Bytes of all texts of one question, so that it fits its frame; more are refused.
        package static let maximumTextBytes = 3 * 1_024 * 1_024

        /// Bytes of a request as JSON; more are refused.
        package static let maximumDocumentBytes = 4 * 1_024 * 1_024

        /// Tokens that a prompt's framing, knowledge and history may have together unless configured otherwise; what
        /// does not fit is left out, history first, and counted.
        package static let promptTokens = 100_000

        /// Bytes of one item of an answer: an engine that says a longer one, which only a seal can be, is broken off,
        /// and a hub that does is refused.
        package static let maximumItemBytes = 1_024 * 1_024

        /// Bytes of words in one item; more become several items.
        package static let wordBytes = 16 * 1_024

        /// Bytes of an answer that wait to be acknowledged; beyond them the engine is not read until some are.
        ///
        /// The last item may go beyond it, and so may the end, which is never kept back.
        package static let windowBytes = 256 * 1_024

        /// Bytes of an answer that wait to be said on its stream; beyond them the engine is not read until some are.
        ///
        /// An edge that takes an answer slowly costs its hub no more than this, and no work for what may never be read.
        package static let aheadBytes = UInt64(32 * 1_024)

        /// Bytes of a whole answer as it travels; one that has more is broken off.
        package static let maximumAnswerBytes = UInt64(64 * 1_024 * 1_024)

        /// Bytes of one chunk of an answer that we send.
        package static let chunkBytes = 16 * 1_024

        /// Bytes that have arrived before those in front of them; beyond them the stream is begun again.
        package static let maximumEarlyBytes = 256 * 1_024

        /// Bytes by which an edge is ahead of what it has acknowledged; then it says how far it is.
        package static let acknowledgementBytes = UInt64(32 * 1_024)

        /// Attempts in a row by which nothing came; then an answer is given up.
        package static let attemptsWithoutProgress = 10

        /// The pause before the second of such attempts; it doubles up to ``longestPause``.
        package static let firstPause = Duration.milliseconds(50)

        /// The longest pause between attempts, whatever the hub asks for.
        package static let longestPause = Duration.seconds(5)

        /// Bytes of one receipt; an edge that says a longer one is refused.
        package static let maximumReceiptBytes = 32

        /// How long a hub goes on with an answer that no edge reads; then it is stopped, and settled.
        package static let orphanPatience = Duration.seconds(60)

        /// How long a hub keeps an answer that has ended and that no edge has acknowledged; then it is forgotten.
        package static let keptPatience = Duration.seconds(300)

        /// How long the end of an answer waits for its settlement; then it is said all the same, for the settlement is
        /// under way and whoever settles does not give up.
        package static let settlePatience = Duration.seconds(10)

        /// How long an answer may take unless somebody says so; then it is broken off.
        package static let patience = Duration.seconds(600)

        /// The longest time that anybody may ask for; more counts as this much.
        package static let longestPatience = Duration.seconds(3_600)

        /// Bytes of the sentence of a failure; longer ones are cut.
        package static let maximumMessageBytes = 1_024
    }

    /// Bounds on questions that wait on an edge until there is a hub.
    package enum AskQueue {
        /// Questions that wait, or are asked; a further one is refused with a time to come again.
        package static let maximumWaiting = 256

        /// Bytes of one question that waits; a longer one is refused.
        package static let maximumQuestionBytes = 1_024 * 1_024

        /// Bytes of all that wait; a further one beyond them is refused.
        package static let maximumBytes = 8 * 1_024 * 1_024

        /// Bytes of a question that are read at a time; the reader comes back for more.
        package static let pieceBytes = 128 * 1_024

        /// Bytes of one answer that waits to be fetched; a longer one is cut, and says so.
        package static let maximumAnswerBytes = 128 * 1_024

        /// Answers that wait to be fetched; beyond them the oldest is forgotten.
        package static let maximumAnswered = 256

        /// Bytes of all answers that wait to be fetched; beyond them the oldest are forgotten.
        package static let maximumAnsweredBytes = 4 * 1_024 * 1_024

        /// How long a question waits unless somebody says so, and an answer to be fetched; then it has expired.
        package static let lifetime = Duration.seconds(86_400)

        /// The longest lifetime that anybody may ask for; more counts as this much.
        package static let longestLifetime = Duration.seconds(7 * 86_400)

        /// Questions that are asked at a time.
        package static let maximumAsked = 4

        /// How often a question is asked before it fails; each time that broke off before anything of an answer came.
        ///
        /// No hub, or one that has no time for it now, does not count: such a question waits for its whole lifetime.
        package static let maximumAttempts = 8

        /// The pause before a question is asked again; it doubles up to ``longestPause``.
        package static let firstPause = Duration.seconds(1)

        /// The longest pause before a question is asked again, whatever the hub asks for.
        package static let longestPause = Duration.seconds(600)

        /// How long an answer stays that was fetched, for whoever has lost it on the way; then it is forgotten.
        package static let fetchedFor = Duration.seconds(300)

        /// Runs that have left and whose placeholders have still to be forgotten; of a further one the map is kept as
        /// long as any other.
        package static let maximumGone = 1_024

        /// When somebody whose question found no room may come again.
        package static let retryAfter = Duration.seconds(30)
    }
}
