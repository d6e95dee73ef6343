package import MeshCore

extension Limits {
    /// Bounds on one account's ledger, so that its snapshot stays small however long it lives.
    package enum Ledger {
        /// Calls that an account has set money aside for at a time; a further one is refused as `tooManyHolds`.
        package static let maximumHolds = 1_024

        /// How long a hold lives at most; a longer one is asked for as this long.
        package static let longestHold = Duration.seconds(86_400)

        /// Calls that have ended and are known; the one that ended first is forgotten for a further one.
        ///
        /// Until so many later ones have ended, a call that is told again has its answer, and a hold that expired
        /// takes a late settlement.
        package static let maximumEndedCalls = 4_096

        /// How long the id of a credit, refund, correction or payment is known; longer than Stripe tells of one.
        package static let entryMemory = Duration.seconds(40 * 86_400)

        /// Such ids that are known at a time; while there are as many younger than ``entryMemory``, a further entry is
        /// refused as `tooManyEntries`: money never comes in twice because an id was forgotten.
        package static let maximumEntries = 1_024

        /// Invoices that stop an account and are known by their names; for a further one it is stopped until an
        /// operator starts it.
        package static let maximumUnpaidInvoices = 64

        /// What has stopped an account and is known by an id; the oldest is forgotten for a further one, and would
        /// stop it once more.
        package static let maximumKnownStops = 256

        /// Invites whose guests an account pays for at a time; a further one is refused as `tooManyGuests`.
        package static let maximumGuests = 256

        /// Bytes of a name: model, invite, customer, and those of a place, which the calls' port bounds alike; a longer
        /// one is cut.
        package static let maximumNameBytes = 256

        /// Bytes of a note of a correction; a longer one is cut.
        package static let maximumNoteBytes = 512

        /// Nano-dollars of one credit, correction, payment or guest's quota: a million dollars; more is refused.
        package static let maximumEntry: Int64 = 1_000_000_000_000_000

        /// Rows of usage in one period for models, and as many for projects, sessions, edges and days; what has no row
        /// of its own then counts in a row without a name.
        package static let maximumUsageRows = 256

        /// Periods that are open at a time; the oldest is closed for a further one.
        package static let maximumOpenPeriods = 3

        /// Periods that are closed and still listed; the oldest is forgotten for a further one.
        package static let maximumClosedPeriods = 36

        /// Models that a closed period lists; the others are one row without a name.
        package static let maximumClosedRows = 64

        /// How long after its end a period is closed by itself.
        package static let closingGrace = Duration.seconds(86_400)

        /// Meter events that have not been delivered; while there are as many, none is begun, and usage waits.
        package static let maximumOutbox = 64

        /// How long usage waits at most before it is told to Stripe, whatever it comes to.
        package static let longestUnflushed = Duration.seconds(86_400)

        /// Bytes of an account's name in the identifier of a meter event; of a longer one its hash stands there.
        package static let maximumIdentifierName = 36

        /// Dated rows of a policy; a file with more is refused.
        package static let maximumPolicyRows = 256

        /// Thousandths by which a cost is multiplied: a hundredfold; a policy with more, or less than one, is refused.
        package static let highestMultiplier: Int64 = 100_000
    }

    /// What Stripe allows of meter events.
    package enum Meter {
        /// How long Stripe knows an identifier at least; an older event is looked for before it is sent again.
        package static let identifierMemory = Duration.seconds(86_400)

        /// How old an event may be; an older one is refused, not sent.
        package static let oldestEvent = Duration.seconds(35 * 86_400)
    }
}
