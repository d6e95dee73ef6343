import MeshActors
import MeshChat
import MeshCore
import MeshEscalation
import MeshSessions
import MeshTestKit
import MeshWire
import Testing

@Suite struct `The queue of questions on an edge` {
    private var ground = JournalGround<AskQueue>(key: "laptop-7")
    private let life = UniqueID(high: 1, low: 1)

    private func question(_ text: String = "Why?") -> SampleAsk {
        .question(SampleQuestion(SampleTunnelText(text), maximumTokens: 64))
    }

    private mutating func enqueue(
        _ number: UInt64,
        _ text: String = "Why?",
        _ lifetime: Duration = Limits.AskQueue.lifetime
    ) throws -> QueuedStanding {
        try ground.perform(AskQueue.Enqueue(run: run(number), ask: question(text), lifetime: lifetime))
    }

    private func answer(_ text: String) -> QueuedAnswer { QueuedAnswer(text: text, model: "tiny", usage: .sample) }

    @Test mutating func `asks in order, answers, and gives each answer out for a while`() throws {
        #expect(try enqueue(1).ahead == 0)
        #expect(try enqueue(2, "When?").ahead == 1)
        #expect(try ground.perform(AskQueue.TakeNext(life: life)) == run(1))
        #expect(try ground.perform(AskQueue.Look(run: run(1))).state == .asked)
        let piece = try ground.perform(AskQueue.Words(run: run(1)))
        #expect(try SampleAsk(wireBytes: piece.bytes) == question())
        #expect(throws: AskQueue.Refusal.notAnswered) { try ground.perform(AskQueue.Fetch(run: run(1))) }
        #expect(try ground.perform(AskQueue.Answer(run: run(1), answer("Because."))))
        #expect(try !ground.perform(AskQueue.Answer(run: run(1), answer("Otherwise."))))
        #expect(try ground.perform(AskQueue.Fetch(run: run(1))) == answer("Because."))
        // It may be lost on its last way: for a while it is given out again.
        ground.pass(Limits.AskQueue.fetchedFor - .seconds(1))
        try ground.perform(AskQueue.Expire())
        #expect(try ground.perform(AskQueue.Fetch(run: run(1))) == answer("Because."))
        #expect(try ground.survives())
        ground.pass(.seconds(1))
        try ground.perform(AskQueue.Expire())
        #expect(throws: AskQueue.Refusal.notFound) { try ground.perform(AskQueue.Fetch(run: run(1))) }
        #expect(try ground.perform(AskQueue.Look(run: run(2))).ahead == 0)
        #expect(try ground.survives())
    }

    @Test mutating func `the same question twice is one, and another one of its run is refused`() throws {
        _ = try enqueue(1)
        #expect(try enqueue(1).state == .waiting)
        #expect(throws: AskQueue.Refusal.conflict) { try enqueue(1, "Where?") }
        _ = try ground.perform(AskQueue.TakeNext(life: life))
        try ground.perform(AskQueue.Answer(run: run(1), answer("Because.")))
        #expect(try enqueue(1).state == .answered)
        #expect(ground.value.asks.count == 1)
        // The question is forgotten once it is answered, and still told from another.
        #expect(throws: AskQueue.Refusal.notFound) { try ground.perform(AskQueue.Words(run: run(1))) }
        #expect(throws: AskQueue.Refusal.conflict) { try enqueue(1, "Where?") }
        #expect(try ground.survives())
    }

    @Test mutating func `asks so many at a time, and after a restart those first that were asked`() throws {
        for number in 1...10 as ClosedRange<UInt64> { _ = try enqueue(number) }
        for number in 1...UInt64(Limits.AskQueue.maximumAsked) {
            #expect(try ground.perform(AskQueue.TakeNext(life: life)) == run(number))
        }
        #expect(try ground.perform(AskQueue.TakeNext(life: life)) == nil)
        try ground.perform(AskQueue.Answer(run: run(2), answer("x")))
        let second = UniqueID(high: 2, low: 2)
        for number in [1, 3, 4, 5] as [UInt64] {
            #expect(try ground.perform(AskQueue.TakeNext(life: second)) == run(number))
        }
        #expect(try ground.perform(AskQueue.TakeNext(life: second)) == nil)
        #expect(try ground.survives())
    }

    @Test mutating func `what broke off waits again, so often and then no more`() throws {
        _ = try enqueue(1)
        var pause = Limits.AskQueue.firstPause
        for _ in 1..<Limits.AskQueue.maximumAttempts {
            #expect(try ground.perform(AskQueue.TakeNext(life: life)) == run(1))
            let told = try ground.perform(AskQueue.PutBack(run: run(1), .broken))
            #expect(told == UInt64(pause.wholeNanoseconds / 1_000_000))
            ground.pass(pause - .milliseconds(1))
            #expect(try ground.perform(AskQueue.TakeNext(life: life)) == nil, "its pause is not over")
            ground.pass(.milliseconds(1))
            pause = pause * 2
        }
        #expect(try ground.perform(AskQueue.TakeNext(life: life)) == run(1))
        #expect(try ground.perform(AskQueue.PutBack(run: run(1), .broken)) == nil)
        #expect(try ground.perform(AskQueue.Fetch(run: run(1))).failure == .unavailable)
        #expect(try ground.survives())
    }

    @Test mutating func `what finds no hub, or one without time, waits for its whole lifetime`() throws {
        _ = try enqueue(1)
        _ = try enqueue(2)
        for number in 1...100 as ClosedRange<Int> {
            #expect(try ground.perform(AskQueue.TakeNext(life: life)) == run(1))
            let isAway = number % 2 == 0
            let asked = AskQueue.PutBack(run: run(1), isAway ? .noHub : .busy, retryAfter: .seconds(90))
            let pause = try #require(try ground.perform(asked))
            if isAway { #expect(pause == 1_000) } else { #expect(pause >= 90_000) }
            #expect(.milliseconds(Int64(pause)) <= Limits.AskQueue.longestPause)
            // It holds nobody else up.
            #expect(try ground.perform(AskQueue.TakeNext(life: life)) == run(2))
            #expect(try ground.perform(AskQueue.PutBack(run: run(2), .noHub)) == 1_000)
            ground.pass(.milliseconds(Int64(pause)))
        }
        #expect(try ground.perform(AskQueue.Look(run: run(1))).state == .waiting)
        #expect(ground.value.ask(of: run(1))?.attempts == 0)
        // Whatever a hub asks for, and whatever a clock says that was put right.
        #expect(try ground.perform(AskQueue.TakeNext(life: life)) == run(1))
        let long = AskQueue.PutBack(run: run(1), .busy, retryAfter: .seconds(1 << 40))
        #expect(try AskQueue.PutBack(wireBytes: long.wireBytes).retryAfter == .milliseconds(1 << 40))
        let most = UInt64(Limits.AskQueue.longestPause.wholeNanoseconds / 1_000_000)
        #expect(try ground.perform(long) == most)
        #expect(try ground.perform(AskQueue.TakeNext(life: life)) == run(2))
        #expect(try ground.perform(AskQueue.PutBack(run: run(2), .noHub)) == 1_000)
        ground.pass(.seconds(-86_400))
        #expect(try ground.perform(AskQueue.TakeNext(life: life)) == run(1))
        #expect(try ground.survives())
    }

    @Test mutating func `what leaves is noted until its placeholders are forgotten`() throws {
        _ = try enqueue(1)
        _ = try enqueue(2)
        let trip = try SessionID("trip")
        for number in 3...4 as ClosedRange<UInt64> {
            _ = try ground.perform(AskQueue.Enqueue(run: run(number), ask: question(), session: trip))
        }
        #expect(try ground.perform(AskQueue.TakeNext(life: life)) == run(1))
        try ground.perform(AskQueue.LeaveSession(trip))
        #expect(ground.value.asks.map(\.run) == [run(1), run(2)] && ground.value.gone.isEmpty)
        #expect(try ground.perform(AskQueue.Release(run: run(2))))
        #expect(try !ground.perform(AskQueue.Release(run: run(2))))
        try ground.perform(AskQueue.Answer(run: run(1), answer("x")))
        #expect(try !ground.perform(AskQueue.Release(run: run(1))), "it has its answer")
        _ = try ground.perform(AskQueue.Fetch(run: run(1)))
        #expect(try ground.perform(AskQueue.Drop(run: run(1))).state == .answered)
        #expect(try ground.survives())
        #expect(try ground.perform(AskQueue.NextGone()) == run(1))
        #expect(try ground.perform(AskQueue.NextGone(after: run(1))) == run(2))
        #expect(try ground.perform(AskQueue.NextGone(after: run(2))) == nil)
        // Handed in again, it is not to be forgotten.
        _ = try enqueue(1)
        try ground.perform(AskQueue.Forgot(run: run(2)))
        #expect(try ground.perform(AskQueue.NextGone()) == nil)
        #expect(try ground.survives())
    }

    @Test mutating func `so many that have left are noted`() throws {
        let most = UInt64(Limits.AskQueue.maximumGone)
        for number in 1...most + 1 {
            _ = try enqueue(number)
            _ = try ground.perform(AskQueue.Drop(run: run(number)))
        }
        #expect(ground.value.gone.count == Int(most) && ground.value.asks.isEmpty)
    }

    @Test mutating func `what waits for too long is answered by an error, which waits as long again`() throws {
        _ = try enqueue(1, "Why?", .seconds(60))
        #expect(ground.value.nextAlarm?.wallTime == WallTime(millisecondsSince1970: 1_800_000_060_000))
        ground.pass(.seconds(59))
        try ground.perform(AskQueue.Expire())
        #expect(try ground.perform(AskQueue.Look(run: run(1))).state == .waiting)
        ground.pass(.seconds(1))
        #expect(try ground.perform(AskQueue.TakeNext(life: life)) == nil)
        try ground.perform(AskQueue.Expire())
        #expect(try ground.perform(AskQueue.Look(run: run(1))).state == .answered)
        #expect(ground.value.nextAlarm?.wallTime == WallTime(millisecondsSince1970: 1_800_000_120_000))
        // An answer that comes later changes nothing.
        #expect(try !ground.perform(AskQueue.Answer(run: run(1), answer("late"))))
        ground.pass(.seconds(60))
        try ground.perform(AskQueue.Expire())
        #expect(ground.value.asks.isEmpty && ground.value.nextAlarm == nil)
        #expect(try ground.survives())
    }

    @Test mutating func `waits no longer than anybody may ask for`() throws {
        let standing = try enqueue(1, "Why?", .seconds(1_000_000_000))
        let life = standing.expires.millisecondsSince1970 - standing.created.millisecondsSince1970
        #expect(.milliseconds(life) == Limits.AskQueue.longestLifetime)
        _ = try enqueue(2, "Why?", .seconds(-5))
        try ground.perform(AskQueue.Expire())
        #expect(throws: AskQueue.Refusal.notFound) { try ground.perform(AskQueue.Look(run: run(2))) }
    }

    @Test mutating func `what nobody wants any more leaves, until it is asked`() throws {
        _ = try enqueue(1)
        _ = try enqueue(2)
        _ = try ground.perform(AskQueue.TakeNext(life: life))
        #expect(throws: AskQueue.Refusal.asked) { try ground.perform(AskQueue.Drop(run: run(1))) }
        #expect(try ground.perform(AskQueue.Drop(run: run(2))).state == .waiting)
        #expect(throws: AskQueue.Refusal.notFound) { try ground.perform(AskQueue.Drop(run: run(2))) }
        #expect(try ground.perform(AskQueue.TakeNext(life: life)) == nil)
        try ground.perform(AskQueue.Answer(run: run(1), answer("because")))
        #expect(throws: AskQueue.Refusal.asked) { try ground.perform(AskQueue.Drop(run: run(1))) }
        #expect(try ground.perform(AskQueue.Fetch(run: run(1))).text == "because")
    }

    @Test mutating func `what its asker calls the same is the same, as it was asked first`() throws {
        let digest = SHA256.digest(Array("the request".utf8))
        func command(_ text: String, _ digest: SHA256Digest) -> AskQueue.Enqueue {
            AskQueue.Enqueue(run: run(1), ask: question(text), digest: digest)
        }
        _ = try ground.perform(command("Why?", digest))
        let again = try ground.perform(command("Why, after all that was said?", digest))
        #expect(again.state == .waiting && again.digest == digest)
        let words = try ground.perform(AskQueue.Words(run: run(1)))
        #expect(words.bytes == question("Why?").wireBytes)
        let other = command("Why?", SHA256.digest(Array("another".utf8)))
        #expect(throws: AskQueue.Refusal.conflict) { try ground.perform(other) }
        #expect(try AskQueue.Enqueue(wireBytes: other.wireBytes).digest == other.digest)
    }

    @Test mutating func `an answer is kept with why it was over, and what did not fit`() throws {
        _ = try enqueue(1)
        _ = try ground.perform(AskQueue.TakeNext(life: life))
        let leftOut = LeftOut(knowledge: 2, turns: 4)
        let answer = QueuedAnswer(
            text: "No.",
            model: "tiny",
            usage: .sample,
            stopReason: .refusal,
            leftOut: leftOut
        )
        try ground.perform(AskQueue.Answer(run: run(1), answer))
        let kept = try ground.perform(AskQueue.Fetch(run: run(1)))
        #expect(kept.stopReason == .refusal && kept.leftOut == leftOut)
        let unsaid = QueuedAnswer(text: "No.", model: "tiny", usage: .sample)
        for value in [answer, unsaid] { #expect(try QueuedAnswer(wireBytes: value.wireBytes) == value) }
        // As it was written before there was more to say.
        var shorter = unsaid.wireBytes
        shorter[0] = 0x87
        shorter.removeLast(4)
        #expect(try QueuedAnswer(wireBytes: shorter) == unsaid)
    }

    @Test mutating func `is bounded in questions and bytes`() throws {
        let most = UInt64(Limits.AskQueue.maximumWaiting)
        for number in 1...most { _ = try enqueue(number) }
        #expect(throws: AskQueue.Refusal.full) { try enqueue(most + 1) }
        #expect(try enqueue(most).state == .waiting)
        #expect(Limits.AskQueue.retryAfter > .zero)

        ground = JournalGround(key: "laptop-7")
        let long = String(repeating: "x", count: Limits.AskQueue.maximumQuestionBytes - 100)
        #expect(throws: AskQueue.Refusal.tooLarge) { try enqueue(1, long + String(repeating: "x", count: 100)) }
        for number in 1...8 as ClosedRange<UInt64> { _ = try enqueue(number, long) }
        #expect(9 * long.utf8.count > Limits.AskQueue.maximumBytes)
        #expect(throws: AskQueue.Refusal.full) { try enqueue(9, long) }
        #expect(ground.value.wireBytes.count < Limits.Journal.maximumSnapshotBytes)
        // A long question is read piece by piece.
        var bytes: [UInt8] = []
        while case let piece = try ground.perform(AskQueue.Words(run: run(1), from: bytes.count)).bytes, !piece.isEmpty
        {
            #expect(piece.count <= Limits.AskQueue.pieceBytes)
            bytes += piece
        }
        #expect(try SampleAsk(wireBytes: bytes) == question(long))
    }

    @Test mutating func `answers are bounded in number and bytes, and the oldest is forgotten`() throws {
        for number in 1...UInt64(Limits.AskQueue.maximumAnswered) + 2 {
            _ = try enqueue(number)
            _ = try ground.perform(AskQueue.TakeNext(life: life))
            try ground.perform(AskQueue.Answer(run: run(number), answer("a")))
        }
        #expect(ground.value.asks.count == Limits.AskQueue.maximumAnswered && ground.value.asks[0].run == run(3))
        ground = JournalGround(key: "laptop-7")
        let long = String(repeating: "x", count: Limits.AskQueue.maximumAnswerBytes + 1)
        let fitting = Limits.AskQueue.maximumAnsweredBytes / Limits.AskQueue.maximumAnswerBytes
        for number in 1...UInt64(fitting) + 1 {
            _ = try enqueue(number)
            try ground.perform(AskQueue.Answer(run: run(number), answer(long)))
        }
        #expect(ground.value.asks.count == fitting)
        let fetched = try ground.perform(AskQueue.Fetch(run: run(2)))
        #expect(fetched.isCut && fetched.text.utf8.count == Limits.AskQueue.maximumAnswerBytes)
        #expect(fetched.wireBytes.count < Limits.Journal.maximumAnswerBytes)
    }

    @Test func `any history of commands replays, and an answer is always the same`() throws {
        for seed in 0..<60 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var ground = JournalGround<AskQueue>(key: "laptop-7")
            var fetched: [UniqueID: QueuedAnswer] = [:]
            for step in 0..<200 {
                let run = run(UInt64(generator.integer(below: 12)))
                switch generator.integer(below: 8) {
                case 0, 1:
                    // A run that was fetched is not asked again by an application that has its answer.
                    guard fetched[run] == nil else { continue }
                    let lifetime = Duration.seconds(generator.integer(below: 500))
                    _ = try? ground.perform(AskQueue.Enqueue(run: run, ask: question(), lifetime: lifetime))
                case 2: try ground.perform(AskQueue.TakeNext(life: UniqueID(high: UInt64(step / 50), low: 1)))
                case 3:
                    let obstacle = AskQueue.Obstacle(rawValue: UInt64(generator.integer(below: 3))) ?? .busy
                    try ground.perform(AskQueue.PutBack(run: run, obstacle))
                case 4: try ground.perform(AskQueue.Answer(run: run, answer("\(step)")))
                case 5:
                    guard let said = try? ground.perform(AskQueue.Fetch(run: run)) else { continue }
                    // Whatever happens meanwhile, it is the same answer each time.
                    if let before = fetched.updateValue(said, forKey: run) { #expect(before == said, "seed \(seed)") }
                case 6: try ground.perform(AskQueue.Expire())
                default: ground.pass(.seconds(generator.integer(below: 30)))
                }
            }
            #expect(try ground.survives(), "seed \(seed)")
        }
    }
}
