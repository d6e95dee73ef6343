import MeshChat
import MeshCore
import MeshEscalation
import MeshGateway
import MeshIdentity
import MeshPrivacy
import MeshRelay
import MeshSessions
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(2))) struct `The queue of an edge` {
    private static let mail = "Write to anna@example.org"
    private static let seeds: ClosedRange<UInt64> = 0...3

    private static func state(_ ground: EdgeGround, _ id: String = "q-1") async throws -> String {
        switch try await ground.questions.standing(of: id, caller: RelayGround.caller) {
        case .waiting: "waiting"
        case .asked: "asked"
        case .answered: "answered"
        case .failed(let failure): "failed: \(failure)"
        case .unknown: "unknown"
        }
    }

    /// Lets `time` pass, in which the question must neither fail nor be lost.
    private static func wait(_ time: Duration, _ ground: EdgeGround) async throws {
        let end = ground.world.clock.now + time
        while ground.world.clock.now < end {
            let state = try await state(ground)
            try check(state == "waiting" || state == "asked", state)
            try await ground.world.clock.sleep(for: .seconds(20))
        }
    }

    // MARK: Waiting for a hub

    @Test func `comes again when the hub has said, however often that is`() throws {
        for seed in Self.seeds {
            try EdgeGround.run(seed: seed) { ground in
                let busy = ChatError(.rateLimited, "too much", cause: ChatFailure(retryAfter: .seconds(60)))
                let times = 2 * Limits.AskQueue.maximumAttempts
                ground.chat.refusals.withLock { $0 = Array(repeating: busy, count: times) }
                _ = try await ground.questions.enqueue(try ground.call(Self.mail))
                try await Self.wait(.seconds(60) * (times - 1), ground)
                while try await Self.state(ground) != "answered" {
                    try await Self.wait(.seconds(1), ground)
                }
                let asked = ground.chat.asked.withLock { $0 }
                try check(asked.count == times + 1, "\(asked.count) times")
                let pauses = zip(asked, asked.dropFirst()).map { $1 - $0 }
                try check(pauses.allSatisfy { $0 >= .seconds(60) }, "\(pauses)")
                let longest = Limits.AskQueue.longestPause + Limits.AskQueue.retryAfter
                try check(pauses.allSatisfy { $0 <= longest }, "\(pauses)")
            }
        }
    }

    @Test(arguments: [true, false]) func `waits for a tunnel that has failed for good, or leads nowhere`(
        isOver: Bool
    ) throws {
        for seed in Self.seeds {
            try EdgeGround.run(seed: seed) { ground in
                if isOver { ground.way.set(false) }
                ground.way.isOver.withLock { $0 = isOver }
                ground.way.isBroken.withLock { $0 = !isOver }
                for number in 1...3 {
                    _ = try await ground.questions.enqueue(try ground.call(Self.mail, id: "q-\(number)"))
                }
                try await Self.wait(.seconds(3_600), ground)
                ground.way.isBroken.withLock { $0 = false }
                ground.way.set(true)
                for number in 1...3 {
                    let kept = try await ground.fetched("q-\(number)")
                    try check(kept.text.hasPrefix("answer"), "\(kept)")
                }
                try check(ground.chat.calls.withLock { $0.count } == 3, "each is asked once")
            }
        }
    }

    // MARK: Beside whoever asks at once

    @Test func `keeps a question that is asked at once, and lets it go with its answer`() throws {
        for seed in Self.seeds {
            try EdgeGround.run(seed: seed) { ground in
                ground.chat.isHeld.withLock { $0 = true }
                let call = try ground.call(Self.mail)
                try await withThrowingTaskGroup(of: String.self) { group in
                    group.addTask { try await ground.questions.begin(call).collect().text }
                    while ground.chat.asked.withLock({ $0.isEmpty }) {
                        try await ground.world.clock.sleep(for: .milliseconds(10))
                    }
                    _ = try await ground.questions.enqueue(call)
                    try check(ground.vault.count == 1, "it waits")
                    try await Self.wait(.seconds(300), ground)
                    ground.chat.isHeld.withLock { $0 = false }
                    try check(try await group.next() == "answer 1", "it has its answer")
                }
                try check(try await Self.state(ground) == "unknown", "it has been given out")
                try check(ground.vault.count == 0, "nothing of it is left")
                try await ground.world.clock.sleep(for: Limits.AskQueue.longestPause * 2)
                try check(ground.chat.asked.withLock { $0.count } == 1, "nobody pays twice")
            }
        }
    }

    @Test func `asks itself when whoever asked at once has gone`() throws {
        for seed in Self.seeds {
            try EdgeGround.run(seed: seed) { ground in
                ground.chat.isHeld.withLock { $0 = true }
                let call = try ground.call(Self.mail)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try? await ground.questions.begin(call).collect() }
                    while ground.chat.asked.withLock({ $0.isEmpty }) {
                        try await ground.world.clock.sleep(for: .milliseconds(10))
                    }
                    _ = try await ground.questions.enqueue(call)
                    try await Self.wait(.seconds(60), ground)
                    group.cancelAll()
                    try await group.waitForAll()
                }
                ground.chat.isHeld.withLock { $0 = false }
                let kept = try await ground.fetched("q-1")
                try check(kept.text == "answer 1", "\(kept)")
            }
        }
    }

    // MARK: Answers

    @Test func `gives an answer out again until it has surely arrived`() throws {
        try EdgeGround.run { ground in
            _ = try await ground.questions.enqueue(try ground.call(Self.mail) { $0.model = "echo" })
            let first = try await ground.fetched("q-1")
            try check(first.text.contains("anna@example.org"), "\(first)")
            try await ground.world.clock.sleep(for: Limits.AskQueue.fetchedFor - .seconds(10))
            let second = try await ground.fetched("q-1")
            try check(second.text == first.text && second.usage == first.usage, "\(second)")
            try await ground.world.clock.sleep(for: .seconds(20))
            try check(try await Self.state(ground) == "unknown", "it is forgotten")
            try await ground.world.clock.sleep(for: Limits.AskQueue.retryAfter * 2)
            try check(ground.vault.count == 0, "and so is what its placeholders stood for")
            // Whoever has it may say so.
            _ = try await ground.questions.enqueue(try ground.call(Self.mail, id: "q-2"))
            _ = try await ground.fetched("q-2")
            try check(ground.vault.count == 1, "it may be asked for again")
            try check(try await ground.questions.drop("q-2", caller: RelayGround.caller), "it was there")
            try check(ground.vault.count == 0, "and is not any more")
            try check(try await Self.state(ground, "q-2") == "unknown", "nobody knows it")
        }
    }

    @Test func `is not made to grow without bounds by what placeholders stand for`() throws {
        try EdgeGround.run { ground in
            let label = String(repeating: "a", count: 60)
            let address = "anna@\(label).\(label).\(label).example.org"
            let call = try ground.call(address) { $0.model = "repeat" }
            let run = try await ground.questions.begin(call)
            var said = 0
            let failure = try await problem(ChatError.self) {
                while let event = try await run.next() { if case .text(let text) = event { said += text.utf8.count } }
            }
            try check(failure.code == .upstreamMalformed && said > 0, "\(failure), \(said) bytes")
            let most = ScriptedDesk.repetitions * 14 + Limits.Relay.maximumRestoredGrowth + 64 * 1_024
            try check(said <= most && ScriptedDesk.repetitions * address.utf8.count > most, "\(said) bytes")
            // What is shown of a conversation is cut.
            let trip = Conversation.session(try SessionID("trip"))
            let tenant = RelayGround.caller.tenant
            let kept = try await ground.maps.redact(address, field: "content", in: trip, of: tenant).content.text
            let long = String(repeating: kept + " ", count: ScriptedDesk.repetitions)
            let shown = try await ground.maps.restore(long, in: trip, of: tenant)
            try check(shown.utf8.count <= most && shown.hasPrefix(address), "\(shown.utf8.count) bytes")
        }
    }

    @Test func `leaves out what of a history has become too long with its originals`() throws {
        try EdgeGround.run { ground in
            let label = String(repeating: "a", count: 60)
            let address = "anna@\(label).\(label).\(label).example.org "
            let trip = try SessionID("trip")
            let count = Limits.Sessions.maximumMessageBytes / address.utf8.count + 1
            let message = String(repeating: address, count: count)
            _ = try await ground.sessions.add(message, by: .user, to: trip, RelayGround.caller)
            _ = try await ground.sessions.add("Short.", by: .user, to: trip, RelayGround.caller)
            let call = try ground.call("And now?", session: "trip") { $0.model = "wide" }
            let run = try await ground.questions.begin(call)
            try check(try await run.collect().text == "answer 1", "it is asked")
        }
    }

    // MARK: Sessions

    @Test(arguments: [true, false]) func `takes the questions of a session that is deleted or cleared along`(
        isDeleted: Bool
    ) throws {
        try EdgeGround.run { ground in
            let (trip, caller) = (try SessionID("trip"), RelayGround.caller)
            ground.way.set(false)
            _ = try await ground.questions.enqueue(try ground.call(Self.mail, session: "trip"))
            _ = try await ground.questions.enqueue(try ground.call("Why?", id: "other", session: "home"))
            try check(ground.vault.count == 1, "its answer would have to be put back together")
            if isDeleted {
                try await ground.sessions.delete(trip, caller)
            } else {
                try await ground.sessions.clear(trip, caller)
            }
            try check(try await Self.state(ground) == "unknown", "it is gone")
            try check(ground.vault.count == 0, "nothing of it is left")
            ground.way.set(true)
            _ = try await ground.fetched("other")
            try check(ground.chat.calls.withLock { $0.count } == 1, "nobody pays for what nobody can read")
        }
    }

    @Test func `stops what is asked for a session that is deleted`() throws {
        try EdgeGround.run { ground in
            let (trip, caller) = (try SessionID("trip"), RelayGround.caller)
            ground.chat.isHeld.withLock { $0 = true }
            _ = try await ground.questions.enqueue(try ground.call(Self.mail, session: "trip"))
            while ground.chat.asked.withLock({ $0.isEmpty }) {
                try await ground.world.clock.sleep(for: .milliseconds(10))
            }
            try await ground.sessions.delete(trip, caller)
            try await ground.world.clock.sleep(for: .seconds(10))
            try check(ground.chat.left.withLock { $0 } == 1, "the hub is told")
            try check(try await Self.state(ground) == "unknown", "nobody asks again")
            try check(ground.vault.count == 0, "nothing of it is left")
        }
    }

    @Test func `and a session that is cleared keeps what its context needs`() throws {
        try EdgeGround.run { ground in
            let (trip, caller) = (try SessionID("trip"), RelayGround.caller)
            var change = SessionContextChange()
            change.framing = .set("I am eve@example.org.")
            try await ground.sessions.update(change, of: trip, caller)
            _ = try await ground.sessions.add(Self.mail, by: .user, to: trip, caller)
            let tenant = caller.tenant
            let before = try await ground.maps.map(of: .session(trip), of: tenant)
            try check(before.pairs.map(\.original) == ["eve@example.org", "anna@example.org"], "both are kept")
            try await ground.sessions.clear(trip, caller)
            let after = try await ground.maps.map(of: .session(trip), of: tenant)
            try check(after.pairs.map(\.original) == ["eve@example.org"], "\(after.count) are kept")
            let head = try await ground.sessions.show(trip, caller)
            try check(head.context.framing == "I am eve@example.org.", "\(head)")
        }
    }
}
