internal import MeshActors
internal import MeshCore

/// Who may write.
struct JournalOwnershipLaws {
    let journal: any Journal

    private var example: JournalExample { JournalExample(journal: journal) }

    func freshClaim() async throws {
        let claim = try await journal.claim(example.address("a"), for: example.owner("one"), .ifFree)
        try require(claim.epoch > .none, "the first claim has the epoch of no claim")
        try require(claim.head == .none && claim.snapshot == nil, "a fresh actor has a history: \(claim)")
    }

    func ownedIsRefused() async throws {
        let (address, first) = (try example.address("a"), try example.owner("one"))
        let claim = try await journal.claim(address, for: first, .ifFree)
        for other in [try example.owner("two"), try example.owner("one", incarnation: 2)] {
            do {
                _ = try await journal.claim(address, for: other, .ifFree)
                throw ConformanceFailure("\(other) claimed what \(first) owns")
            } catch let error as JournalError {
                try require(error.code == .owned, "\(error) in place of owned")
                let held = error.cause as? HeldElsewhere
                try require(held == HeldElsewhere(owner: first, epoch: claim.epoch), "owned does not say by whom")
            }
        }
    }

    func ownerClaimsAgain() async throws {
        let (address, owner) = (try example.address("a"), try example.owner("one"))
        let first = try await journal.claim(address, for: owner, .ifFree)
        let second = try await journal.claim(address, for: owner, .ifFree)
        try require(second.epoch > first.epoch, "a second claim did not raise the epoch")
    }

    func releasedIsFree() async throws {
        let address = try example.address("a")
        let first = try await journal.claim(address, for: example.owner("one"), .ifFree)
        try await journal.append(example.request(address, first.epoch, .none, [example.entry(1)]))
        try await journal.release(address, first.epoch)
        let second = try await journal.claim(address, for: example.owner("two"), .ifFree)
        try require(second.epoch > first.epoch, "the epoch did not rise over a release")
        try require(second.head.rawValue == 1, "the head was lost over a release")
    }

    func lateRelease() async throws {
        let (address, dead) = (try example.address("a"), try example.owner("one"))
        let first = try await journal.claim(address, for: dead, .ifFree)
        let second = try await journal.claim(address, for: example.owner("two"), .from(first.epoch))
        try await journal.release(address, first.epoch)
        try await example.expect(.owned, "a late release freed the actor") { () throws(JournalError) in
            _ = try await journal.claim(address, for: dead, .ifFree)
        }
        try await journal.append(example.request(address, second.epoch, .none, [example.entry(1)]))
    }

    func takeoverEpoch() async throws {
        let (address, other) = (try example.address("a"), try example.owner("two"))
        let first = try await journal.claim(address, for: example.owner("one"), .ifFree)
        try await example.expect(.owned, "a takeover from another epoch") { () throws(JournalError) in
            _ = try await journal.claim(address, for: other, .from(first.epoch.next))
        }
        let second = try await journal.claim(address, for: other, .from(first.epoch))
        try require(second.epoch > first.epoch, "a takeover did not raise the epoch")
    }
}
