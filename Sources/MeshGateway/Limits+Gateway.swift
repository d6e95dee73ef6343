package import MeshCore
internal import MeshSessions

extension Limits {
    /// Bounds on the gateway.
    package enum Gateway {
        /// Bytes of a request's body, but of a chat's; a longer one is refused.
        package static let maximumBodyBytes = 16 * 1_024

        /// Commands to edges under way at a time; a further one is refused, with when to come again.
        package static let maximumCommands = 32

        /// Bytes of a chat's body; a longer one is refused with 413.
        package static let maximumChatBytes = 32 * 1_024 * 1_024

        /// Chats under way at a time, those included whose body still comes; a further one is refused as overloaded,
        /// with when to come again.
        package static let maximumChats = 1_024

        /// Bytes of the bodies of all chats under way, so far as they have come; one that would be beyond is refused as
        /// overloaded.
        package static let maximumChatBytesAtOnce = 256 * 1_024 * 1_024

        /// How long a chat may take, its body and its answer included; then it is refused as timed out, or its stream
        /// ends with that error.
        package static let chatPatience = Duration.seconds(600)

        /// How long a chat's body may take to come; then it is refused as timed out.
        package static let uploadPatience = Duration.seconds(60)

        /// A stream that is silent for so long says that it is there.
        package static let heartbeat = Duration.seconds(10)

        /// When somebody whose command or chat was refused for want of room may come again.
        package static let retryAfter = Duration.seconds(1)

        /// The longest time that anybody is told to wait; a longer one is told as this.
        package static let longestRetryAfter = Duration.seconds(3_600)

        /// Bytes of a request about a conversation; a longer one is refused.
        package static let maximumSessionBodyBytes = 1_024 * 1_024

        /// Messages of a conversation that an export brings at most, so that it ends while others add some.
        package static let maximumExportedMessages = 2 * Limits.Sessions.maximumMessages

        /// Bytes of an id by which a change of an account is known, and of a name that goes with a call; what is longer
        /// is refused.
        package static let maximumLedgerNameBytes = 128

        /// Tokens of one kind in a call that is recorded; more are refused.
        package static let maximumRecordedTokens = 1_000_000_000

        /// How many accounts are told of in one page at most; each is asked by itself.
        package static let maximumAccountsInPage = 100

        /// How many are where nobody says.
        package static let usualAccountsInPage = 50

        /// Months of usage that one question may want; more are refused.
        package static let maximumUsageMonths = 36

        /// Nano-dollars of the smallest amount that is paid ahead: a dollar; less is refused.
        package static let smallestTopUp: Int64 = 1_000_000_000

        /// Nano-dollars of the largest: a hundred thousand dollars; more is refused.
        package static let largestTopUp: Int64 = 100_000_000_000_000

        /// Bytes of what Stripe tells at a time; more are refused with 413.
        package static let maximumWebhookBytes = 512 * 1_024

        /// Webhooks that are taken in at a time; a further one is refused, and comes again.
        package static let maximumWebhooks = 32

        /// Payments ahead that are being made at a time; a further one is refused.
        package static let maximumPayments = 16

        /// How long taking one in may last, and finding a page of Stripe's; then the answer is 504.
        package static let webhookPatience = Duration.seconds(20)

        /// How long an edge may take to answer a ping, where nobody says how long.
        package static let pingTimeout = Duration.seconds(5)

        /// How long an edge may take to get another certificate, where nobody says how long.
        package static let renewTimeout = Duration.seconds(30)

        /// How long an edge may take to say that it goes, where nobody says how long.
        package static let drainTimeout = Duration.seconds(10)

        /// How long the doctor may look; then the question is answered with 504.
        package static let doctorPatience = Duration.seconds(60)
    }
}
