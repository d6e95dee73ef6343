internal import MeshActors
internal import MeshCore

/// Snapshots, scans, and what survives.
struct JournalScanLaws {
    let journal: any Journal

    private var example: JournalExample { JournalExample(journal: journal) }

    func snapshot() async throws {
        let (address, owner) = (try example.address("a"), try example.owner("one"))
        let first = try await journal.claim(address, for: owner, .ifFree)
        let entries = (1...4).map { example.entry($0) }
        try await journal.append(example.request(address, first.epoch, .none, entries))
        let early = Snapshot(head: Head(rawValue: 1), bytes: [1])
        let late = Snapshot(head: Head(rawValue: 3), bytes: [3, 3, 3])
        try await journal.save(early, of: address, first.epoch)
        try await journal.save(late, of: address, first.epoch)
        let second = try await journal.claim(address, for: owner, .ifFree)
        try require(second.snapshot == late, "the latest snapshot did not come with the claim")
        try require(second.head.rawValue == 4, "the head is \(second.head.rawValue), not 4")
        let read = try await journal.entries(of: address, after: late.head)
        try require(read.map(\.entry) == [entries[3]], "the entry behind the snapshot was lost")
    }

    func earlierSnapshot() async throws {
        let (address, owner) = (try example.address("a"), try example.owner("one"))
        let first = try await journal.claim(address, for: owner, .ifFree)
        try await journal.append(example.request(address, first.epoch, .none, (1...4).map { example.entry($0) }))
        let late = Snapshot(head: Head(rawValue: 3), bytes: [3, 3, 3])
        try await journal.save(late, of: address, first.epoch)
        try await journal.save(Snapshot(head: Head(rawValue: 1), bytes: [1]), of: address, first.epoch)
        let row = try await journal.actors(after: nil).first
        try require(row?.snapshotHead == late.head, "an earlier snapshot is named in place of a later one")
        let second = try await journal.claim(address, for: owner, .ifFree)
        try require(second.snapshot == late, "an earlier snapshot came in place of a later one")
    }

    func fencedSnapshot() async throws {
        let address = try example.address("a")
        let first = try await journal.claim(address, for: example.owner("one"), .ifFree)
        let second = try await journal.claim(address, for: example.owner("two"), .from(first.epoch))
        try await example.expect(.fenced, "a snapshot of an old owner") { () throws(JournalError) in
            try await journal.save(Snapshot(head: .none, bytes: [1]), of: address, first.epoch)
        }
        try await journal.save(Snapshot(head: .none, bytes: [2]), of: address, second.epoch)
    }

    func scans() async throws {
        let owner = try example.owner("one")
        let count = Limits.Journal.maximumActorsScanned + 2
        for number in (0..<count).reversed() {
            _ = try await journal.claim(example.address("actor-\(number)"), for: owner, .ifFree)
        }
        var seen: [ActorAddress] = []
        while true {
            let page = try await journal.actors(after: seen.last)
            try require(page.count <= Limits.Journal.maximumActorsScanned, "one scan returned \(page.count) actors")
            if page.isEmpty { break }
            seen += page.map(\.address)
        }
        var all: [ActorAddress] = []
        for number in 0..<count { all.append(try example.address("actor-\(number)")) }
        try require(seen == all.sorted(), "a scan missed, repeated or misplaced an actor")
    }

    func wakes() async throws {
        let owner = try example.owner("one")
        for (key, wake) in [("late", 300), ("early", 100), ("never", nil), ("middle", 200)] as [(String, Int64?)] {
            let address = try example.address(key)
            let claim = try await journal.claim(address, for: owner, .ifFree)
            try await journal.append(example.request(address, claim.epoch, .none, [example.entry(1)], wake: wake))
        }
        try await requireWakes(["early", "middle"], until: 200)
        try await requireWakes([], until: 99)
        let early = try example.address("early")
        let claim = try await journal.claim(early, for: owner, .ifFree)
        let next = example.request(early, claim.epoch, Head(rawValue: 1), [example.entry(2)])
        try await journal.append(next)
        try await requireWakes(["middle", "late"], until: 1_000)
        let twin = try example.address("minute")
        let twinClaim = try await journal.claim(twin, for: owner, .ifFree)
        try await journal.append(example.request(twin, twinClaim.epoch, .none, [example.entry(1)], wake: 200))
        for (key, behind) in [("early", ["middle", "minute"]), ("middle", ["minute"]), ("minute", [])] {
            let mark = WakeMark(WallTime(millisecondsSince1970: key == "early" ? 100 : 200), try example.address(key))
            let due = try await journal.actorsToWake(until: WallTime(millisecondsSince1970: 299), after: mark)
            try require(due.map(\.address.key) == behind, "behind \(key) \(due.map(\.address.key)) are due")
        }
    }

    func survival(_ reopen: @Sendable () async throws -> any Journal) async throws {
        let (address, owner) = (try example.address("a"), try example.owner("one"))
        let claim = try await journal.claim(address, for: owner, .ifFree)
        let entries = [example.entry(1), example.entry(2)]
        try await journal.append(example.request(address, claim.epoch, .none, entries, wake: 10))
        let snapshot = Snapshot(head: Head(rawValue: 1), bytes: [9])
        try await journal.save(snapshot, of: address, claim.epoch)
        let again = try await reopen()
        let summaries = try await again.actors(after: nil)
        let expected = ActorSummary(
            address: address,
            epoch: claim.epoch,
            head: Head(rawValue: 2),
            snapshotHead: Head(rawValue: 1),
            wake: WallTime(millisecondsSince1970: 10)
        )
        try require(summaries == [expected], "after reopening the scan shows \(summaries)")
        let reborn = try example.owner("one", incarnation: 2)
        try await example.expect(.owned, "reopening freed the actor") { () throws(JournalError) in
            _ = try await again.claim(address, for: reborn, .ifFree)
        }
        let next = try await again.claim(address, for: reborn, .from(claim.epoch))
        try require(next.epoch > claim.epoch, "the epoch fell over reopening")
        try require(next.snapshot == snapshot, "the snapshot was lost over reopening")
        let read = try await again.entries(of: address, after: snapshot.head)
        try require(read.map(\.entry) == [entries[1]], "an entry was lost over reopening")
    }

    func independence() async throws {
        let longest = String(repeating: "k", count: Limits.Address.maximumKeyBytes)
        var addresses: [ActorAddress] = []
        for key in ["a", "b", "ab", "a/b", "é", longest] { addresses.append(try example.address(key)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, address) in addresses.enumerated() {
                group.addTask { try await fill(address, number) }
            }
            try await group.waitForAll()
        }
        for (number, address) in addresses.enumerated() {
            let read = try await journal.entries(of: address, after: .none)
            let expected = (0..<5).map { example.entry(number * 100 + $0) }
            try require(read.map(\.entry) == expected, "\(address) holds what is not its own")
        }
    }

    private func fill(_ address: ActorAddress, _ number: Int) async throws {
        let claim = try await journal.claim(address, for: example.owner("one"), .ifFree)
        for step in 0..<5 {
            let entry = example.entry(number * 100 + step)
            let head = Head(rawValue: UInt64(step))
            try await journal.append(example.request(address, claim.epoch, head, [entry]))
        }
    }

    func race() async throws {
        let (address, owner) = (try example.address("a"), try example.owner("one"))
        let claim = try await journal.claim(address, for: owner, .ifFree)
        let (journal, example) = (self.journal, self.example)
        let winners = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                let request = example.request(address, claim.epoch, .none, [example.entry(number)])
                group.addTask {
                    do throws(JournalError) { try await journal.append(request) } catch { return false }
                    return true
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        let read = try await journal.entries(of: address, after: .none)
        try require(winners == 1, "\(winners) of twenty appends at the same head went through")
        try require(read.count == 1, "\(read.count) entries where one append won")
    }

    private func requireWakes(_ keys: [String], until milliseconds: Int64) async throws {
        let due = try await journal.actorsToWake(until: WallTime(millisecondsSince1970: milliseconds))
        let found = due.map(\.address.key)
        try require(found == keys, "until \(milliseconds) ms \(found) are due, not \(keys)")
    }
}
