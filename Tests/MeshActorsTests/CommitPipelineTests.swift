import MeshActors
import MeshCheck
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
        let snapshot = try #require(commit(&pipeline).snapshot).encoded()
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

    @Test mutating func `a snapshot that cannot be saved is not tried again with each append`() throws {
        var pipeline = try pipeline()
        let interval = Int(Limits.Hosting.entriesPerSnapshot)
        var due: [UInt64] = []
        for _ in 0..<interval * 8 {
            _ = try deposit(1, &pipeline)
            _ = try append(&pipeline)
            guard let snapshot = try commit(&pipeline).snapshot else { continue }
            due.append(snapshot.head.rawValue)
            pipeline.snapshotFailed(snapshot.head)
        }
        #expect(due == [1, 3, 7].map { UInt64($0 * interval) })
        for _ in 0..<Limits.Hosting.maximumSnapshotDoublings + 60 { pipeline.snapshotFailed(Head(rawValue: 1)) }
        pipeline.snapshotSaved(Head(rawValue: 8))
    }

    @Test mutating func `a command that no append may hold is refused alone`() throws {
        var pipeline = try pipeline()
        _ = try deposit(1, &pipeline)
        let tooMuch = [
            Burst(events: Limits.Journal.maximumEventsInEntry + 1, answerBytes: 0),
            Burst(events: 1, answerBytes: Limits.Journal.maximumAnswerBytes),
        ]
        for command in tooMuch {
            #expect(throws: CallFailure<NoRefusal>.failed(ActorError(.tooLarge, ""))) {
                try pipeline.decide(command, id: nil, at: Self.now, using: &generator).release
            }
        }
        #expect(pipeline.value.balance == 1)
        let append = try append(&pipeline)
        try append.checkBounds()
        #expect(append.entries.count == 1)
        let most = Burst(
            events: Limits.Journal.maximumEventsInEntry,
            answerBytes: Limits.Journal.maximumAnswerBytes - 16
        )
        #expect(try pipeline.decide(most, id: nil, at: Self.now, using: &generator).release == .withNextAppend)
        #expect(JournalEntry(command: id(1), events: [[], []], answer: []).byteCount == 2 * eventFraming)
    }

    private var eventFraming: Int { Limits.Journal.eventFramingBytes }

    @Test mutating func `ids are remembered for their time, and the latest for longer`() throws {
        var pipeline = try pipeline()
        let count = UInt64(Limits.Hosting.rememberedAnswers) * 2
        func later(_ duration: Duration) -> WallTime {
            WallTime(millisecondsSince1970: Self.now.millisecondsSince1970 + duration.wholeNanoseconds / 1_000_000)
        }
        func deposit(_ number: UInt64, at time: WallTime) throws {
            let deposit = SampleAccount.Deposit(amount: 1)
            _ = try pipeline.decide(deposit, id: id(number), at: time, using: &generator)
            if pipeline.beginAppend(at: time) != nil { _ = pipeline.appendSucceeded() }
        }
        for number in 1...count { try deposit(number, at: Self.now) }
        // More than the number that is kept for longer, but all within the time.
        let almost = later(Limits.Hosting.rememberedTime - .milliseconds(1))
        try deposit(1, at: almost)
        #expect(pipeline.value.balance == Int64(count))
        try deposit(count + 1, at: later(Limits.Hosting.rememberedTime))
        try deposit(count, at: later(Limits.Hosting.rememberedTime))
        #expect(pipeline.value.balance == Int64(count) + 1)
        try deposit(1, at: later(Limits.Hosting.rememberedTime))
        #expect(pipeline.value.balance == Int64(count) + 2)
        #expect(pipeline.weight.answersForgotten == 0)
    }

    @Test mutating func `a calendar that was ahead for a moment does not shorten the time`() throws {
        var pipeline = try pipeline()
        let count = UInt64(Limits.Hosting.rememberedAnswers)
        let ahead = WallTime(millisecondsSince1970: Self.now.millisecondsSince1970 + 3_600_000)
        for number in 1...count * 2 {
            let (deposit, time) = (SampleAccount.Deposit(amount: 1), number == count ? ahead : Self.now)
            _ = try pipeline.decide(deposit, id: id(number), at: time, using: &generator)
            if pipeline.beginAppend(at: time) != nil { _ = pipeline.appendSucceeded() }
        }
        let again = SampleAccount.Deposit(amount: 1)
        _ = try pipeline.decide(again, id: id(1), at: Self.now, using: &generator)
        #expect(pipeline.value.balance == Int64(count) * 2)
        #expect(pipeline.weight.answersForgotten == 0)
    }

    @Test mutating func `answers beyond their bytes go, the oldest first and never the latest, and weigh`() throws {
        var pipeline = try pipeline()
        let bytes = Limits.Journal.maximumAnswerBytes - 16
        let most = UInt64(Limits.Hosting.rememberedAnswerBytes / (bytes + Limits.Hosting.rememberedIDBytes))
        let before = pipeline.weight.bytes
        for number in 0...most {
            let burst = Burst(events: 1, answerBytes: bytes)
            _ = try pipeline.decide(burst, id: id(number), at: Self.now, using: &generator)
            if pipeline.beginAppend(at: Self.now) != nil { _ = pipeline.appendSucceeded() }
        }
        #expect(pipeline.weight.answersForgotten == 1)
        let weight = pipeline.weight.bytes - before
        #expect((Limits.Hosting.rememberedAnswerBytes - bytes...Limits.Hosting.rememberedAnswerBytes).contains(weight))
        for number in [most, 1] {
            let burst = Burst(events: 1, answerBytes: bytes)
            _ = try pipeline.decide(burst, id: id(number), at: Self.now, using: &generator)
        }
        #expect(pipeline.value.balance == Int64(most) + 1)
        _ = try pipeline.decide(Burst(events: 1, answerBytes: 0), id: id(0), at: Self.now, using: &generator)
        #expect(pipeline.value.balance == Int64(most) + 2)
    }

    @Test mutating func `remembered answers come back from a snapshot with their times`() throws {
        var first = try pipeline()
        for _ in 0..<Limits.Hosting.entriesPerSnapshot { _ = try deposit(1, &first) }
        _ = try deposit(1, id: id(7), &first)
        _ = try append(&first)
        let snapshot = try #require(commit(&first).snapshot).encoded()
        var second = try pipeline(snapshot: snapshot, head: snapshot.head)
        let balance = second.value.balance
        _ = try deposit(1, id: id(7), &second)
        #expect(second.value.balance == balance)
    }

    /// A snapshot from before answers had times.
    @Test mutating func `answers without a time are read as old ones`() throws {
        let value = try pipeline().value
        var writer = WireWriter()
        writer.writeArrayHead(count: 3)
        writer.write(UInt64(1))
        value.encode(into: &writer)
        writer.writeArrayHead(count: 1)
        writer.writeArrayHead(count: 2)
        id(7).encode(into: &writer)
        writer.write(bytes: [0x82, 1, 5])
        let snapshot = Snapshot(head: Head(rawValue: 1), bytes: writer.array)
        var pipeline = try pipeline(snapshot: snapshot, head: snapshot.head)
        let again = try pipeline.decide(SampleAccount.Deposit(amount: 5), id: id(7), at: Self.now, using: &generator)
        #expect(again.answer == .success(5))
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

/// Deposits 1 as often as it is told, and answers at length.
private struct Burst: Command {
    typealias Reply = String
    typealias Refusal = NoRefusal

    static let tag: UInt32 = 99
    let events: Int
    let answerBytes: Int

    init(events: Int, answerBytes: Int) {
        self.events = events
        self.answerBytes = answerBytes
    }

    func decide(_ state: SampleAccount, _ turn: inout Turn<SampleAccount>) -> String {
        for _ in 0..<events { turn.emit(.deposited(1)) }
        return String(repeating: "x", count: answerBytes)
    }

    func encode(into writer: inout WireWriter) { writer.writeArrayHead(count: 0) }

    init(from reader: inout WireReader) throws(WireError) {
        try reader.endRecord(reader.beginRecord(fields: 0))
        self.init(events: 1, answerBytes: 0)
    }
}
