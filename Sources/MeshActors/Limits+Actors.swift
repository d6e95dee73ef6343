package import MeshCore

extension Limits {
    /// Bounds on the names of actors.
    package enum Address {
        /// A longer word for a kind is refused.
        package static let maximumKindBytes = 32

        /// A longer key is refused; with kind and index prefix it still fits LMDB's 511-byte keys.
        package static let maximumKeyBytes = 256
    }

    /// Bounds on what one append may hold.
    ///
    /// Beyond them it is refused whole, with `tooLarge`. A command that would go beyond them alone is refused before
    /// its events are applied, so that it takes nobody else's with it.
    package enum Journal {
        /// Entries in one append: what one actor decided while its previous append was under way.
        package static let maximumEntries = 1_024

        /// Events of one entry: what one command changes.
        package static let maximumEventsInEntry = 65_536

        /// What an event counts for beside its own bytes, so that many small ones with their framing fit a store.
        package static let eventFramingBytes = 8

        /// Bytes of all entries of one append, framing of events included.
        package static let maximumAppendBytes = 4 * 1_024 * 1_024

        /// Bytes of one answer: less than a message, so that whatever has been decided can be told to other nodes.
        package static let maximumAnswerBytes = 256 * 1_024

        /// Bytes of one snapshot.
        package static let maximumSnapshotBytes = 16 * 1_024 * 1_024

        /// Entries that one read returns; the reader comes back for more.
        package static let maximumEntriesRead = 1_024

        /// Actors that one scan returns; the caller comes back for more.
        package static let maximumActorsScanned = 1_024
    }

    /// Bounds on actors that live on a node.
    package enum Hosting {
        /// Calls that one actor has at a time unless configured otherwise; further ones are refused as `overloaded`.
        ///
        /// As many may wait for the end of a stay that is leaving.
        package static let mailbox = 1_024

        /// What a refused caller is told to wait.
        package static let retryAfter = Duration.milliseconds(100)

        /// Residents of one kind unless configured otherwise; a call that would bring another is `overloaded`.
        package static let maximumResidentsPerKind = 100_000

        /// Activations that wait for the node's task to take them up; further calls are refused as `overloaded`.
        package static let maximumStartsWaiting = 65_536

        /// How long an answer is remembered at least, by the owner's clock: who asks again does so within this time.
        package static let rememberedTime = Duration.seconds(120)

        /// Answers that are remembered however old they are; beyond them, those older than ``rememberedTime`` go.
        package static let rememberedAnswers = 1_024

        /// Bytes of an actor's remembered answers, ``rememberedIDBytes`` for each included.
        ///
        /// Beyond them the oldest is forgotten though it is younger than ``rememberedTime``: an actor of more than some
        /// 400 commands a second without a pause remembers the latest 50,000 of them. Counted in `answersForgotten`.
        package static let rememberedAnswerBytes = 4 * 1_024 * 1_024

        /// What a remembered answer weighs beside its own bytes.
        package static let rememberedIDBytes = 64

        /// Entries after which a snapshot is taken, or a quarter of the remembered answers if that is more.
        ///
        /// After a snapshot that could not be saved, the next one waits for twice as many entries.
        package static let entriesPerSnapshot = UInt64(256)

        /// How often those entries double.
        package static let maximumSnapshotDoublings = 10

        /// The weight of a value that does not report its own.
        package static let assumedBytes = 1_024

        /// What a resident takes beside its value: its actor, its task, its place in the host.
        ///
        /// Measured: 16 KiB more anonymous memory for each further resident (`meshbench scale`).
        package static let residentBytes = 16 * 1_024

        /// What residents may take beyond an eighth more than the memory budget, while those that leave make room.
        ///
        /// A call that would bring a further resident is refused as `overloaded`.
        package static let slackBytes = 1_024 * 1_024

        /// Claims tried while a living owner holds on; the last one takes over, which the fence keeps safe.
        package static let claimAttempts = 12

        /// The pause before the second claim; each further one is twice as long.
        package static let claimPause = Duration.milliseconds(5)

        /// No pause between claims is longer.
        package static let longestClaimPause = Duration.milliseconds(500)
    }

    /// Bounds on effects.
    package enum Effects {
        /// Effects of one actor performed at a time; further ones wait.
        package static let maximumConcurrent = 16

        /// Pending effects of one actor whose trace is kept; those beyond are performed without one, and their lines in
        /// the log say none.
        package static let maximumTraces = 1_024

        /// Vain tries of one effect before it is reported as put aside, to be tried once in ``restPause``.
        package static let maximumAttempts = 8

        /// The pause before each further try of an effect that has been put aside; meanwhile it takes no other's place.
        package static let restPause = Duration.seconds(60)

        /// The pause before the second try; each further one is twice as long.
        package static let firstPause = Duration.milliseconds(100)

        /// No pause between tries is longer.
        package static let longestPause = Duration.seconds(30)
    }

    /// Bounds on alarms, and on waking actors whose effects are pending.
    package enum Alarms {
        /// Actors woken at a time; further ones wait.
        package static let maximumConcurrent = 64

        /// Vain tries of one alarm before it is reported as put aside, to be tried once in ``longestPause``.
        package static let maximumAttempts = 8

        /// The pause before the second try; each further one is twice as long.
        package static let firstPause = Duration.seconds(1)

        /// No pause between tries is longer.
        package static let longestPause = Duration.seconds(300)
    }

    /// Bounds on finding an actor.
    package enum Placement {
        /// Members that count, hubs first and then in the order of their names; the others are left out, and reported.
        package static let maximumMembers = 1_024

        /// Owners of other nodes' actors kept in mind for each kind; when there are more, all are worked out afresh.
        package static let maximumRoutes = 16_384

        /// Tries and redirects of one call without a deadline; then it fails with `tooManyRedirects`.
        ///
        /// They last five seconds, longer than an owner that is silent is waited for. With a deadline there are as many
        /// as it leaves time for.
        package static let maximumAttempts = 32

        /// The pause before the third try; each further one is twice as long.
        package static let firstPause = Duration.milliseconds(2)

        /// No pause between tries is longer.
        package static let longestPause = Duration.milliseconds(200)
    }

    /// Bounds on messages between nodes.
    package enum Call {
        /// Bytes of a command's own fields; longer ones are refused as `tooLarge`, on arrival as malformed.
        package static let maximumBodyBytes = 1_000 * 1_024

        /// Bytes of one request or response in process: the payload of an actor-call frame.
        package static let maximumMessageBytes = 1_024 * 1_024

        /// Requests in process that a node handles at a time; further ones find it unreachable.
        package static let maximumRequestsWaiting = 4_096
    }
}
