import MeshActors
import MeshCore
import MeshTestKit
import MeshWire
import Testing

@Suite struct `A commit pipeline` {
    private static let now = WallTime(millisecondsSince1970: 1_000)
    private var generator = SeededGenerator(seed: 1)

    private func pipeline(snapshot: Snapshot? = nil, head: Head = .none) throws -> CommitPipeline<SampleAccount> {
        let claim = Claim(epoch: Epoch(rawValue: 3), head: head, snapshot: snapshot)
        return CommitPipeline(try ReplayedActor(ActorAddress(SampleAccount.kind, "a"), claim))
    }

    private func id(_ number: UInt64) -> CommandID {
        var generator = SeededGenerator(seed: number)
        return CommandID(at: Self.now, using: &generator)
    }

    private mutating func deposit(
        _ amount: Int64,
        id: CommandID? = nil,
        _ pipeline: inout CommitPipeline<SampleAccount>
    ) throws -> Release {
        try pipeline.decide(SampleAccount.Deposit(amount: amount), id: id, at: Self.now, using: &generator).release
    }

    private mutating func query(
        _ pipeline: inout CommitPipeline<SampleAccount>
    ) throws -> Release {
        try pipeline.decide(SampleAccount.Balance(), id: nil, at: Self.now, using: &generator).release
    }

    private func append(_ pipeline: inout CommitPipeline<SampleAccount>) throws -> JournalAppend {
        guard let append = pipeline.beginAppend(at: Self.now) else { throw Complaint(what: "nothing to append") }
        return append
    }

    private func commit(
        _ pipeline: inout CommitPipeline<SampleAccount>
    ) throws -> CommitPipeline<SampleAccount>.Commit {
        guard let commit = pipeline.appendSucceeded() else { throw Complaint(what: "no append was under way") }
        return commit
    }

    @Test mutating func `when ready answers queries at once and commands with the next append`() throws {
        var pipeline = try pipeline()
        #expect(try query(&pipeline) == .atOnce)
        #expect(try deposit(1, &pipeline) == .withNextAppend)
        #expect(try query(&pipeline) == .withNextAppend)
        #expect(pipeline.value.balance == 1)
    }

    @Test mutating func `while appending gathers the next append and begins no second one`() throws {
        var pipeline = try pipeline()
        _ = try deposit(1, &pipeline)
        let first = try append(&pipeline)
        #expect(first.head == .none && first.entries.count == 1 && first.epoch == Epoch(rawValue: 3))
        #expect(try query(&pipeline) == .withCurrentAppend)
        #expect(try deposit(1, &pipeline) == .withNextAppend)
        #expect(throws: Complaint.self) { try append(&pipeline) }
        _ = try commit(&pipeline)
        #expect(try query(&pipeline) == .withNextAppend)
        #expect(try append(&pipeline).head == Head(rawValue: 1))
    }

    @Test mutating func `refusals wait as answers do`() throws {
        var pipeline = try pipeline()
        let withdraw = SampleAccount.Withdraw(amount: 9)
        #expect(try pipeline.decide(withdraw, id: nil, at: Self.now, using: &generator).release == .atOnce)
        _ = try deposit(1, &pipeline)
        let decision = try pipeline.decide(withdraw, id: nil, at: Self.now, using: &generator)
        #expect(decision.release == .withNextAppend)
        #expect(decision.answer == .failure(.insufficient(balance: 1)))
    }

    @Test mutating func `a repeated id is answered as before, also before the commit`() throws {
        var pipeline = try pipeline()
        _ = try deposit(5, id: id(7), &pipeline)
        let again = try pipeline.decide(
            SampleAccount.Deposit(amount: 5),
            id: id(7),
            at: Self.now,
            using: &generator
        )
        #expect(again.answer == .success(5) && again.release == .withNextAppend)
        #expect(pipeline.value.balance == 5)
        #expect(pipeline.decidedHead == Head(rawValue: 1))
        #expect(throws: CallFailure<SampleAccount.Refusal>.failed(ActorError(.commandMismatch, ""))) {
            try pipeline.decide(SampleAccount.Withdraw(amount: 5), id: id(7), at: Self.now, using: &generator)
        }
    }

    @Test mutating func `after a failed append nothing is decided or appended`() throws {
        var pipeline = try pipeline()
        _ = try deposit(1, &pipeline)
        _ = pipeline.beginAppend(at: Self.now)
        pipeline.appendFailed(.fenced)
        #expect(pipeline.hasFailed == true)
        #expect(throws: Complaint.self) { try commit(&pipeline) }
        #expect(throws: Complaint.self) { try append(&pipeline) }
        #expect(pipeline.finalSnapshot == nil)
        #expect(throws: CallFailure<NoRefusal>.failed(ActorError(.moved, ""))) { try query(&pipeline) }
    }

    @Test mutating func `when closed appends what was decided and decides nothing`() throws {
        var pipeline = try pipeline()
        _ = try deposit(1, &pipeline)
        pipeline.close()
        #expect(throws: CallFailure<NoRefusal>.failed(ActorError(.moved, ""))) { try deposit(1, &pipeline) }
        #expect(pipeline.isQuiet == false)
        #expect(pipeline.finalSnapshot == nil)
        _ = try append(&pipeline)
        #expect(pipeline.isQuiet == false)
        _ = pipeline.appendSucceeded()
        #expect(pipeline.isQuiet == true)
        #expect(pipeline.finalSnapshot?.head == Head(rawValue: 1))
    }

    @Test mutating func `wakes at once for pending effects, at the alarm otherwise, and else never`() throws {
        var pipeline = try pipeline()
        _ = try deposit(10, &pipeline)
        #expect(try append(&pipeline).wake == nil)
        _ = pipeline.appendSucceeded()
        let remind = SampleAccount.Remind(amount: 9_000)
        _ = try pipeline.decide(remind, id: nil, at: Self.now, using: &generator)
        #expect(try append(&pipeline).wake == WallTime(millisecondsSince1970: 9_000))
        _ = pipeline.appendSucceeded()
        _ = try pipeline.decide(SampleAccount.Transfer(amount: 1, to: "b"), id: nil, at: Self.now, using: &generator)
        #expect(try append(&pipeline).wake == Self.now)
        let effects = try commit(&pipeline).effects
        #expect(effects.map(\.position) == [EventPosition(head: Head(rawValue: 3), index: 0)])
    }

    @Test mutating func `effects of an uncommitted event are not begun by an earlier commit`() throws {
        var pipeline = try pipeline()
        _ = try deposit(10, &pipeline)
        _ = pipeline.beginAppend(at: Self.now)
        _ = try pipeline.decide(SampleAccount.Transfer(amount: 1, to: "b"), id: nil, at: Self.now, using: &generator)
        #expect(try commit(&pipeline).effects.isEmpty)
    }

    @Test mutating func `a snapshot comes with the append that makes it due, at that append's head`() throws {
        var pipeline = try pipeline()
        for _ in 0..<Limits.Hosting.entriesPerSnapshot { _ = try deposit(1, &pipeline) }
        _ = pipeline.beginAppend(at: Self.now)
        _ = try deposit(1, &pipeline)
        let snapshot = try #require(commit(&pipeline).snapshot)
        #expect(snapshot.head == Head(rawValue: Limits.Hosting.entriesPerSnapshot))
        let restored = try self.pipeline(snapshot: snapshot, head: snapshot.head)
        #expect(restored.value.balance == Int64(Limits.Hosting.entriesPerSnapshot))
    }

    @Test mutating func `more than an append may hold is refused before it is applied`() throws {
        var pipeline = try pipeline()
        for _ in 0..<Limits.Journal.maximumEntries { _ = try deposit(1, &pipeline) }
        #expect(throws: CallFailure<NoRefusal>.overloaded(retryAfter: Limits.Hosting.retryAfter)) {
            try deposit(1, &pipeline)
        }
        #expect(pipeline.value.balance == Int64(Limits.Journal.maximumEntries))
        let long = String(repeating: "x", count: Limits.Journal.maximumAppendBytes)
        #expect(throws: CallFailure<SampleAccount.Refusal>.failed(ActorError(.tooLarge, ""))) {
            let transfer = SampleAccount.Transfer(amount: 1, to: long)
            return try pipeline.decide(transfer, id: nil, at: Self.now, using: &generator).release
        }
    }

    @Test mutating func `the oldest answer is forgotten first`() throws {
        var pipeline = try pipeline()
        for number in 0...UInt64(Limits.Hosting.rememberedAnswers) {
            _ = try deposit(1, id: id(number), &pipeline)
            if pipeline.beginAppend(at: Self.now) != nil { _ = pipeline.appendSucceeded() }
        }
        let count = Int64(Limits.Hosting.rememberedAnswers)
        _ = try deposit(1, id: id(1), &pipeline)
        #expect(pipeline.value.balance == count + 1)
        _ = try deposit(1, id: id(0), &pipeline)
        #expect(pipeline.value.balance == count + 2)
    }

    @Test func `a journal with a gap, a strange event or a strange snapshot is corrupt`() throws {
        let address = try ActorAddress(SampleAccount.kind, "a")
        let claim = Claim(epoch: Epoch(rawValue: 1), head: Head(rawValue: 2), snapshot: nil)
        for (head, events) in [
            (Head(rawValue: 2), SampleAccount.Event.reminded.wireBytes), (Head(rawValue: 1), [0xFF]),
        ] {
            var replayed = try ReplayedActor<SampleAccount>(address, claim)
            let entry = JournalEntry(command: id(1), events: [events], answer: [])
            let placed = PlacedEntry(head: head, epoch: claim.epoch, wallTime: Self.now, entry: entry)
            var code: ActorErrorCode?
            do throws(ActorError) { try replayed.replay([placed]) } catch { code = error.code }
            #expect(code == .corrupt)
        }
        let strange = Snapshot(head: Head(rawValue: 1), bytes: [0x83, 0x02, 0x00, 0x80])
        #expect(throws: ActorError(.corrupt, "")) { _ = try pipeline(snapshot: strange) }
    }
}
