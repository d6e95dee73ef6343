#if PLANTED_BUGS
/// A fault put into the shipped code on purpose, so that the simulator can prove that it would be found.
///
/// Exists only in builds made with `MESHNODE_PLANTED_BUGS=1`; one at a time is on. Where one is planted stands
/// `if PlantedBug.x.isOn`, inside `#if PLANTED_BUGS`.
package enum PlantedBug: String, CaseIterable, Sendable {
    /// The store takes appends of any epoch.
    case skipEpochCheck
    /// The store takes appends wherever they think the journal stands.
    case skipHeadCheck
    /// A claim does not raise the epoch.
    case claimKeepsEpoch
    /// The store says that a batch is durable without syncing it.
    case acknowledgeBeforeSync
    /// A new file of the log is not made safe in its folder.
    case skipFolderSync
    /// Opening a store does not begin a new generation of epochs.
    case keepGeneration
    /// What an earlier life's failed sync left unsafe is not written again.
    case trustPageCache
    /// A commit that fails leaves the store's rows ahead of its log.
    case keepFailedBatch
    /// What is written again of a dropped segment does not stand behind a record that says where its actor stands.
    case carryWithoutStanding
    /// The store forgets when an actor wants to be woken.
    case forgetWake
    /// The log is read without comparing checksums.
    case skipChecksums
    /// A reply leaves before its append.
    case replyBeforeCommit
    /// A refusal leaves before the append that it depends on.
    case refuseEarly
    /// The answer to a query leaves before the append that it shows.
    case showEarly
    /// Answers are not remembered when a journal is replayed.
    case forgetAnswersInReplay
    /// Answers are not taken over from a snapshot.
    case forgetAnswersInSnapshot
    /// A snapshot says that it stands one entry earlier than it does.
    case snapshotTooEarly
    /// An effect begins when it is decided, before its event is durable.
    case effectBeforeCommit
    /// An effect's key differs from try to try.
    case effectKeyPerTry
    /// Effects that are pending when an actor wakes are not taken up.
    case forgetEffects
    /// A failed append is taken for done.
    case failedAppendIsDone
    /// A failed append leaves the value as it would have been.
    case failedAppendStays
    /// An owner that lives, but does not know that it is one, is waited for in vain.
    case waitForSilentOwner
    /// An actor's place is taken when it is there, not when it sets out: two may set out.
    case twinActivation
    /// A call that is led elsewhere is never sent there.
    case loseRedirectedCall
    /// A call is refused although an earlier try of it may be under way.
    case refuseOpenCall
    /// An actor that leaves in good order does not give up its ownership.
    case forgetRelease
    /// Every pause of a tunnel is as long as it may be.
    case backoffWithoutJitter
    /// The end of a tunnel's former link is taken for the end of its current one.
    case staleEndIsCurrent
    /// A tunnel is connected as soon as its hub has said hello, whether or not its actors answer.
    case openIsConnected
    /// Stopping a tunnel leaves an attempt under way.
    case stopLeavesDial
    /// A call that has ended ends again when its answer is cancelled.
    case settleAgain
    /// A hub goes on with whatever answer it has, from where an edge is in another one.
    case goOnWithAnother
    /// A hub does not notice that the stream of an answer has ended.
    case forgetDetach
    /// What an edge has handed over last is handed over again when its stream is cut.
    case deliverPieceTwice
    /// What an edge has acknowledged on a stream that was cut is not said again.
    case forgetLostReceipt
    /// An edge waits for a stream for as long as it takes.
    case waitBeyondDeadline
    /// A hub that is stopped tells askers that they have left.
    case stopIsLeaving

    /// A call that was charged stays held, so that whoever says it again is charged again.
    case chargeAgain
    /// What is set aside for a call that used nothing, or that nobody speaks of, is not given back.
    case keepHeld
    /// A meter event has another identifier for each try.
    case meterNamePerTry
    /// More than was set aside is not charged.
    case dropOverdraft
    /// A charge is rounded before the multiplier, and again behind it.
    case roundTwice
    /// What comes after a hold has expired finds no call.
    case forgetExpired
    /// Who answers in another model's place is charged by the price of the one that was asked.
    case priceOfTheAsked
    /// What guests have set aside does not count against their quota.
    case forgetGuestHolds
    /// What is left of a millionth of a dollar leaves with the flush.
    case flushWithRest

    /// Whether it is in the tunnel, and can show in its world alone.
    package var isInTunnel: Bool {
        switch self {
        case .backoffWithoutJitter, .staleEndIsCurrent, .openIsConnected, .stopLeavesDial: true
        default: false
        }
    }

    /// Whether it is in what escalates, and can show in its world alone.
    package var isInEscalation: Bool {
        switch self {
        case .settleAgain, .goOnWithAnother, .forgetDetach, .deliverPieceTwice, .forgetLostReceipt,
            .waitBeyondDeadline, .stopIsLeaving:
            true
        default: false
        }
    }

    /// Whether it is in the accounts, and can show in their world alone.
    package var isInLedger: Bool {
        switch self {
        case .chargeAgain, .keepHeld, .meterNamePerTry, .dropOverdraft, .roundTwice, .forgetExpired, .priceOfTheAsked,
            .forgetGuestHolds, .flushWithRest:
            true
        default: false
        }
    }

    private static let planted = Lock<PlantedBug?>(nil)

    /// Whether this is the one.
    package var isOn: Bool { Self.planted.withLock { $0 } == self }

    /// Switches this one on and any other off; nil switches all off.
    package static func plant(_ bug: PlantedBug?) { planted.withLock { $0 = bug } }
}
#endif
