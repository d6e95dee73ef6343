internal import MeshActors
internal import MeshCore

/// What is written, and when nothing is.
struct JournalAppendLaws {
    let journal: any Journal

    private var example: JournalExample { JournalExample(journal: journal) }

    func order() async throws {
        let address = try example.address("a")
        let claim = try await claim(address)
        let entries = (1...5).map { example.entry($0, events: $0) }
        try await journal.append(example.request(address, claim.epoch, .none, Array(entries[..<2])))
        try await journal.append(example.request(address, claim.epoch, Head(rawValue: 2), Array(entries[2...])))
        let read = try await journal.entries(of: address, after: .none)
        try require(read.map(\.entry) == entries, "the entries came back otherwise")
        try require(read.map(\.head.rawValue) == [1, 2, 3, 4, 5], "the heads are not counted from 1 without gaps")
        try require(read.allSatisfy { $0.epoch == claim.epoch }, "an entry stands under another epoch")
        try require(read.allSatisfy { $0.wallTime.millisecondsSince1970 == 1_000 }, "the time was lost")
    }

    func readingGoesOn() async throws {
        let address = try example.address("a")
        let claim = try await claim(address)
        let count = Limits.Journal.maximumEntriesRead + 3
        var head = Head.none
        for start in stride(from: 0, to: count, by: Limits.Journal.maximumEntries) {
            let entries = (start..<min(count, start + Limits.Journal.maximumEntries)).map { example.entry($0) }
            try await journal.append(example.request(address, claim.epoch, head, entries))
            head = head.advanced(by: entries.count)
        }
        var read: [PlacedEntry] = []
        while true {
            let more = try await journal.entries(of: address, after: read.last?.head ?? .none)
            try require(more.count <= Limits.Journal.maximumEntriesRead, "one read returned \(more.count) entries")
            if more.isEmpty { break }
            read += more
        }
        try require(read.map(\.head.rawValue) == (1...UInt64(count)).map { $0 }, "reading on left a gap")
        let beyond = try await journal.entries(of: example.address("nobody"), after: .none)
        try require(beyond.isEmpty, "an actor that was never claimed has entries")
    }

    func fencing() async throws {
        let address = try example.address("a")
        let first = try await claim(address)
        let second = try await journal.claim(address, for: example.owner("two"), .from(first.epoch))
        try await example.expect(.fenced, "an append of an old owner") { () throws(JournalError) in
            try await journal.append(example.request(address, first.epoch, .none, [example.entry(1)]))
        }
        try await example.expect(.fenced, "an append in an epoch to come") { () throws(JournalError) in
            try await journal.append(example.request(address, second.epoch.next, .none, [example.entry(1)]))
        }
        let unclaimed = try example.address("nobody")
        try await example.expect(.fenced, "an append to an unclaimed actor") { () throws(JournalError) in
            try await journal.append(example.request(unclaimed, first.epoch, .none, [example.entry(1)]))
        }
    }

    func staleHead() async throws {
        let address = try example.address("a")
        let claim = try await claim(address)
        try await journal.append(example.request(address, claim.epoch, .none, [example.entry(1)]))
        for head in [Head.none, Head(rawValue: 2)] {
            try await example.expect(.staleHead, "an append at \(head.rawValue)") { () throws(JournalError) in
                try await journal.append(example.request(address, claim.epoch, head, [example.entry(2)]))
            }
        }
    }

    func atomicity() async throws {
        let address = try example.address("a")
        let claim = try await claim(address)
        try await journal.append(example.request(address, claim.epoch, .none, [example.entry(1)], wake: 50))
        try await example.expect(.staleHead, "a stale append") { () throws(JournalError) in
            let entries = [example.entry(2), example.entry(3)]
            try await journal.append(example.request(address, claim.epoch, .none, entries, wake: 70))
        }
        let read = try await journal.entries(of: address, after: .none)
        try require(read.map(\.entry) == [example.entry(1)], "a refused append left entries")
        let wakes = try await journal.actorsToWake(until: WallTime(millisecondsSince1970: 60))
        try require(wakes.map(\.address) == [address], "a refused append moved the wake")
    }

    func bounds() async throws {
        let address = try example.address("a")
        let claim = try await claim(address)
        let half = [UInt8](repeating: 7, count: Limits.Journal.maximumAppendBytes / 2 + 1)
        let large = (1...2).map { JournalEntry(command: example.entry($0).command, events: [half], answer: []) }
        let many = (0...Limits.Journal.maximumEntries).map { example.entry($0) }
        let events = [[UInt8]](repeating: [], count: Limits.Journal.maximumEventsInEntry + 1)
        let full = [JournalEntry(command: example.entry(1).command, events: events, answer: [])]
        let answer = [UInt8](repeating: 7, count: Limits.Journal.maximumAnswerBytes + 1)
        let long = [JournalEntry(command: example.entry(1).command, events: [[1]], answer: answer)]
        for (what, entries) in [("bytes", large), ("entries", many), ("events", full), ("bytes of an answer", long)] {
            try await example.expect(.tooLarge, "an append of too many \(what)") { () throws(JournalError) in
                try await journal.append(example.request(address, claim.epoch, .none, entries))
            }
        }
        let snapshot = Snapshot(
            head: .none,
            bytes: [UInt8](repeating: 1, count: Limits.Journal.maximumSnapshotBytes + 1)
        )
        try await example.expect(.tooLarge, "a snapshot of too many bytes") { () throws(JournalError) in
            try await journal.save(snapshot, of: address, claim.epoch)
        }
        let fitting = Array(many.dropLast())
        try await journal.append(example.request(address, claim.epoch, .none, fitting))
    }

    private func claim(_ address: ActorAddress) async throws -> Claim {
        try await journal.claim(address, for: example.owner("one"), .ifFree)
    }
}
