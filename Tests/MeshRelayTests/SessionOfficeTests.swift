import MeshActors
import MeshChat
import MeshCore
import MeshGateway
import MeshRelay
import MeshSessions
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `The conversations of a node` {
    @Test func `are made by a message or a context, listed, shown, cleared and deleted`() throws {
        try RelayGround.run { ground in
            let (office, me) = (ground.office, RelayGround.caller)
            let (trip, work) = (try SessionID("trip"), try SessionID("work"))
            try check(try await office.add("Where is Rome?", by: .user, to: trip, me) == 1, "first")
            try check(try await office.add("In Italy.", by: .assistant, to: trip, me) == 2, "second")
            var change = SessionContextChange()
            change.framing = .set("be kind")
            change.knowledge = .set([KnowledgePiece(name: "n", text: "t")])
            try await office.update(change, of: work, me)
            try await office.prefer("opus", in: work, me)
            let head = try await office.show(work, me)
            try check(head.model == "opus" && head.context.framing == "be kind", "\(head)")
            try check(Set(try await ground.listed(of: 2)) == ["trip", "work"], "listed")
            let page = try await office.messages(trip, after: 1, me)
            try check(page.messages.map(\.text) == ["In Italy."] && !page.hasMore, "page")
            try check(page.messages.allSatisfy { !$0.isRedacted }, "nobody redacts on a hub")
            try await office.clear(trip, me)
            try check(try await office.show(trip, me).messages == 0, "cleared")
            try await office.delete(trip, me)
            try check(try await ground.listed(of: 1) == ["work"], "deleted")
            for body in [
                { _ = try await office.add("x", by: .user, to: trip, me) },
                { _ = try await office.show(trip, me) }, { try await office.delete(trip, me) },
            ] as [@Sendable () async throws -> Void] {
                try check(try await problem(SessionProblem.self, body) == .deleted, "its name is not used again")
            }
        }
    }

    @Test func `are their owner's alone, whatever they are called`() throws {
        try RelayGround.run(seeds: 0...3) { ground in
            let (office, other) = (ground.office, RelayGround.caller(of: "umbrella"))
            let trip = try SessionID("trip")
            _ = try await office.add("mine", by: .user, to: trip, RelayGround.caller)
            let missing = try await problem(SessionProblem.self) { _ = try await office.show(trip, other) }
            try check(missing == .notFound, "\(missing)")
            try check(try await office.list(other, after: nil, count: 10).entries.isEmpty, "nothing is listed")
            _ = try await office.add("theirs", by: .user, to: trip, other)
            try await office.delete(trip, other)
            try check(try await office.messages(trip, after: nil, RelayGround.caller).messages.count == 1, "still mine")
        }
    }

    @Test func `outlive their node`() throws {
        let outcome = try SeededRun.run(seed: 5, maximumSteps: 2_000_000) { world in
            let ground = RelayGround(world: world, journal: VolatileJournal(), texts: PlainTexts())
            try await ground.live(1) { ground in
                _ = try await ground.office.add("hello", by: .user, to: try SessionID("a"), RelayGround.caller)
            }
            try await ground.live(2) { ground in
                let page = try await ground.office.messages(try SessionID("a"), after: nil, RelayGround.caller)
                try check(page.messages.map(\.text) == ["hello"], "\(page)")
                try check(try await ground.listed(of: 1) == ["a"], "the list has heard of it")
            }
        }
        try outcome.result.get()
    }

    @Test func `are kept as the texts' keeper wants, and shown as they were`() throws {
        let texts = BackwardTexts()
        try RelayGround.run(seeds: 0...1, texts: texts) { ground in
            let (office, me, trip) = (ground.office, RelayGround.caller, try SessionID("trip"))
            var change = SessionContextChange()
            change.framing = .set("framing")
            change.constraints = .set(["rule"])
            change.knowledge = .set([KnowledgePiece(name: "name", text: "known")])
            try await office.update(change, of: trip, me)
            _ = try await office.add("drow", by: .user, to: trip, me)
            let thread = try await office.thread(trip, me)
            let kept = try await thread.head()
            try check(kept.title == "word" && kept.context.framing == "gnimarf", "\(kept)")
            try check(kept.context.knowledge.first?.name == "eman" && kept.context.constraints == ["elur"], "\(kept)")
            let head = try await office.show(trip, me)
            try check(head.title == "drow" && head.context.knowledge.first?.text == "known", "\(head)")
            let shown = try await office.messages(trip, after: nil, me)
            try check(shown.messages.map(\.text) == ["drow"] && shown.messages.allSatisfy(\.isRedacted), "\(shown)")
            // The list hears of it by and by; where it never does, nothing is left to run, and the seed fails.
            while try await office.list(me, after: nil, count: 10).entries.first?.title != "drow" {
                try await ground.world.clock.sleep(for: .milliseconds(1))
            }
            let blocked = try await problem(SessionProblem.self) {
                _ = try await office.add("my card", by: .user, to: try SessionID("new"), me)
            }
            try check(blocked == .blocked("content holds a card"), "\(blocked)")
            let missing = try await problem(SessionProblem.self) {
                _ = try await office.show(try SessionID("new"), me)
            }
            try check(missing == .notFound, "what may not be kept makes no session")
            try await office.delete(trip, me)
        }
        #expect(texts.forgotten.withLock { $0.map(\.text) } == ["acme//trip", "acme//trip"])
    }

    @Test func `say that the node starts, where it does`() async throws {
        let office = SessionOffice()
        let early = try await problem(SessionProblem.self) {
            _ = try await office.show(try SessionID("a"), RelayGround.caller)
        }
        #expect(early == .unavailable("the node is starting: try again in a moment"))
    }
}
