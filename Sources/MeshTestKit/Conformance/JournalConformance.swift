package import MeshActors
internal import MeshCore

/// A fresh, empty journal, and a way to close it and open the same storage again.
package struct JournalUnderTest: Sendable {
    /// The open journal.
    package let journal: any Journal

    /// Closes the journal that is open and opens the same storage again, as a restarted process would.
    package let reopen: @Sendable () async throws -> any Journal

    /// A journal for one law.
    package init(_ journal: any Journal, reopen: @escaping @Sendable () async throws -> any Journal) {
        self.journal = journal
        self.reopen = reopen
    }
}

/// The contract of ``Journal``, a law for each promise.
///
///     @Test(arguments: JournalConformance.allCases)
///     func `keeps the law`(law: JournalConformance) async throws { try await law.check(makeJournal()) }
///
/// Every law wants a fresh, empty journal.
package enum JournalConformance: String, CaseIterable, Sendable {
    case aClaimOfAFreshActorStartsAtTheBeginning
    case anOwnedActorIsRefusedWithItsHolder
    case theOwnerMayClaimAgain
    case aReleasedActorIsFree
    case aLateReleaseChangesNothing
    case aTakeoverNeedsTheRightEpoch
    case appendedEntriesAreReadInOrder
    case readingGoesOnBehindAHead
    case aFencedOwnerCannotAppend
    case aStaleHeadIsRefused
    case aRefusedAppendLeavesNothing
    case boundsAreKept
    case aSnapshotComesWithTheNextClaim
    case anEarlierSnapshotTakesNoLaterOnesPlace
    case aFencedOwnerCannotSaveASnapshot
    case scansAreOrderedAndGoOn
    case wakesAreFoundWhenDue
    case everythingSurvivesReopening
    case actorsDoNotDisturbEachOther
    case oneOfManyRacingAppendsWins

    /// Holds `subject` to this law, or throws what was seen instead.
    package func check(_ subject: JournalUnderTest) async throws {
        switch self {
        case .aClaimOfAFreshActorStartsAtTheBeginning, .anOwnedActorIsRefusedWithItsHolder, .theOwnerMayClaimAgain,
            .aReleasedActorIsFree, .aLateReleaseChangesNothing, .aTakeoverNeedsTheRightEpoch:
            try await checkOwnership(subject.journal)
        case .appendedEntriesAreReadInOrder, .readingGoesOnBehindAHead, .aFencedOwnerCannotAppend,
            .aStaleHeadIsRefused, .aRefusedAppendLeavesNothing, .boundsAreKept:
            try await checkAppends(subject.journal)
        case .aSnapshotComesWithTheNextClaim, .anEarlierSnapshotTakesNoLaterOnesPlace,
            .aFencedOwnerCannotSaveASnapshot, .scansAreOrderedAndGoOn, .wakesAreFoundWhenDue,
            .everythingSurvivesReopening, .actorsDoNotDisturbEachOther, .oneOfManyRacingAppendsWins:
            try await checkSnapshotsAndScans(subject)
        }
    }

    private func checkOwnership(_ journal: any Journal) async throws {
        let laws = JournalOwnershipLaws(journal: journal)
        switch self {
        case .aClaimOfAFreshActorStartsAtTheBeginning: try await laws.freshClaim()
        case .anOwnedActorIsRefusedWithItsHolder: try await laws.ownedIsRefused()
        case .theOwnerMayClaimAgain: try await laws.ownerClaimsAgain()
        case .aReleasedActorIsFree: try await laws.releasedIsFree()
        case .aLateReleaseChangesNothing: try await laws.lateRelease()
        default: try await laws.takeoverEpoch()
        }
    }

    private func checkAppends(_ journal: any Journal) async throws {
        let laws = JournalAppendLaws(journal: journal)
        switch self {
        case .appendedEntriesAreReadInOrder: try await laws.order()
        case .readingGoesOnBehindAHead: try await laws.readingGoesOn()
        case .aFencedOwnerCannotAppend: try await laws.fencing()
        case .aStaleHeadIsRefused: try await laws.staleHead()
        case .aRefusedAppendLeavesNothing: try await laws.atomicity()
        default: try await laws.bounds()
        }
    }

    private func checkSnapshotsAndScans(_ subject: JournalUnderTest) async throws {
        let laws = JournalScanLaws(journal: subject.journal)
        switch self {
        case .aSnapshotComesWithTheNextClaim: try await laws.snapshot()
        case .anEarlierSnapshotTakesNoLaterOnesPlace: try await laws.earlierSnapshot()
        case .aFencedOwnerCannotSaveASnapshot: try await laws.fencedSnapshot()
        case .scansAreOrderedAndGoOn: try await laws.scans()
        case .wakesAreFoundWhenDue: try await laws.wakes()
        case .everythingSurvivesReopening: try await laws.survival(subject.reopen)
        case .actorsDoNotDisturbEachOther: try await laws.independence()
        default: try await laws.race()
        }
    }
}

/// What the laws are spelled with.
struct JournalExample {
    let journal: any Journal

    static let kind = ActorKind("conformance")

    func address(_ key: String) throws -> ActorAddress { try ActorAddress(Self.kind, key) }

    func owner(_ name: String, incarnation: UInt64 = 1) throws -> Owner {
        Owner(node: try NodeID(name), incarnation: incarnation)
    }

    /// An entry that `number` tells from others.
    func entry(_ number: Int, events: Int = 1) -> JournalEntry {
        var generator = SeededGenerator(seed: UInt64(number))
        let command = CommandID(at: WallTime(millisecondsSince1970: Int64(number)), using: &generator)
        let bytes = (0..<events).map { [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: $0)] }
        return JournalEntry(command: command, events: bytes, answer: [UInt8(truncatingIfNeeded: number), 0xAA])
    }

    func request(
        _ address: ActorAddress,
        _ epoch: Epoch,
        _ head: Head,
        _ entries: [JournalEntry],
        wake: Int64? = nil
    ) -> JournalAppend {
        JournalAppend(
            address: address,
            epoch: epoch,
            head: head,
            wallTime: WallTime(millisecondsSince1970: 1_000),
            entries: entries,
            wake: wake.map(WallTime.init(millisecondsSince1970:))
        )
    }

    /// Runs `body`, which must be refused with `code`.
    func expect(
        _ code: JournalErrorCode,
        _ what: String,
        _ body: () async throws(JournalError) -> Void
    ) async throws {
        do {
            try await body()
        } catch {
            return try require(error.code == code, "\(what): \(error) in place of \(code.rawValue)")
        }
        throw ConformanceFailure("\(what): went through, where \(code.rawValue) is due")
    }
}
