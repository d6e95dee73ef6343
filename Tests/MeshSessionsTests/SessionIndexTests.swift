import MeshActors
import MeshChat
import MeshCore
import MeshJSON
import MeshSessions
import MeshTestKit
import MeshWire
import Testing

@Suite struct `The list of an owner's sessions` {
    private var ground = JournalGround<SessionIndex>(key: "acme/laptop-7")

    private func id(_ text: String) throws -> SessionID { try SessionID(text) }

    /// Hands everything that `session` has to tell to the list.
    private mutating func tell(_ session: inout JournalGround<Session>) throws {
        while let effect = session.value.pendingEffects.first {
            let key = try #require(SessionKey(effect.effect.session))
            try ground.perform(SessionIndex.Note(effect.effect, of: key.id))
            try session.perform(Session.IndexTold(position: effect.position))
        }
    }

    @Test mutating func `learns what becomes of a session, from the session itself`() throws {
        try ground.perform(SessionIndex.Open(try id("trip")))
        var session = try madeSession("trip")
        try session.ask("Where is Rome?", 1)
        try tell(&session)
        let page = try ground.perform(SessionIndex.List())
        #expect(page.entries.map(\.title) == ["Where is Rome?"] && page.total == 1 && !page.hasMore)
        #expect(page.entries[0].messages == 1)
        #expect(session.value.pendingEffects.isEmpty)
        try session.perform(Session.Delete())
        try tell(&session)
        #expect(try ground.perform(SessionIndex.List()).entries.isEmpty)
        #expect(try ground.survives())
        #expect(try session.survives())
    }

    @Test mutating func `takes news in any order, and as often as they come`() throws {
        for seed in 0..<30 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            ground = JournalGround(key: "acme/laptop-7")
            var session = try madeSession("trip")
            var notices = session.value.pendingEffects.map(\.effect)
            for number in 1...10 as ClosedRange<UInt64> {
                try session.ask("q\(number)", number)
                notices += session.value.pendingEffects.map(\.effect)
            }
            if seed % 2 == 0 {
                try session.perform(Session.Delete())
                notices += session.value.pendingEffects.map(\.effect)
            }
            for _ in 0..<60 {
                let notice = notices[generator.integer(below: notices.count)]
                try ground.perform(SessionIndex.Note(notice, of: try id("trip")))
            }
            for notice in notices.reversed() { try ground.perform(SessionIndex.Note(notice, of: try id("trip"))) }
            let entries = ground.value.entries
            #expect(seed % 2 == 0 ? entries.isEmpty : entries.map(\.messages) == [10], "seed \(seed)")
        }
    }

    @Test mutating func `is in order of the last change, page by page, while it changes`() throws {
        for number in 0..<25 {
            ground.pass(.seconds(1))
            try ground.perform(SessionIndex.Open(try id("s\(number)")))
        }
        var (names, cursor): ([String], SessionCursor?) = ([], nil)
        repeat {
            let page = try ground.perform(SessionIndex.List(after: cursor, count: 10))
            names += page.entries.map(\.id.text)
            cursor = page.hasMore ? page.entries.last.map { SessionCursor($0) } : nil
            // One that is new stands before the cursor, and is not met.
            ground.pass(.seconds(1))
            try ground.perform(SessionIndex.Open(try id("new\(names.count)")))
        } while cursor != nil
        #expect(names == (0..<25).reversed().map { "s\($0)" })
    }

    @Test mutating func `is bounded: a further session is refused until one is deleted`() throws {
        for number in 0..<Limits.Sessions.maximumSessions {
            try ground.perform(SessionIndex.Open(try id("s\(number)")))
        }
        #expect(throws: SessionIndex.Refusal.tooMany) { try ground.perform(SessionIndex.Open(try id("more"))) }
        try ground.perform(SessionIndex.Open(try id("s7")))
        // News of a session for which there is no room change nothing, and cannot be refused.
        var other = try madeSession("more")
        try tell(&other)
        #expect(ground.value.entry(of: try id("more")) == nil)
        var session = try madeSession("s7")
        try session.perform(Session.Delete())
        try tell(&session)
        try ground.perform(SessionIndex.Open(try id("more")))
        #expect(throws: SessionIndex.Refusal.deleted) { try ground.perform(SessionIndex.Open(try id("s7"))) }
        #expect(try ground.perform(SessionIndex.List(count: 9_999)).entries.count == Limits.Sessions.maximumPage)
        #expect(ground.value.wireBytes.count < Limits.Journal.maximumSnapshotBytes)
    }

    @Test mutating func `remembers deleted sessions, the latest of them`() throws {
        for number in 0...Limits.Sessions.maximumDeletedSessions {
            var session = try madeSession("s\(number)")
            try session.perform(Session.Delete())
            let notice = try #require(session.value.pendingEffects.first)
            try ground.perform(SessionIndex.Note(notice.effect, of: try id("s\(number)")))
        }
        #expect(ground.value.deleted.count == Limits.Sessions.maximumDeletedSessions)
        #expect(ground.value.deleted.first?.text == "s1")
    }

    @Test func `keys of owners and sessions never meet`() throws {
        let tenant = try TenantID("acme")
        let hub = SessionKey(owner: SessionOwner(tenant: tenant), id: try id("a"))
        let edge = SessionKey(owner: SessionOwner(tenant: tenant, edge: try NodeID("laptop-7")), id: try id("a"))
        #expect(hub.text == "acme//a" && edge.text == "acme/laptop-7/a")
        #expect(SessionKey(hub.text) == hub && SessionKey(edge.text) == edge)
        for text in ["", "acme", "acme/a", "acme///a", "acme/x/", "ACME//a", "/x/a", "acme/x/a/b"] {
            #expect(SessionKey(text) == nil)
        }
        let longest = String(repeating: "a", count: Limits.Identifier.maximumBytes)
        let owner = SessionOwner(tenant: try TenantID(longest), edge: try NodeID(longest))
        #expect(SessionKey(owner: owner, id: try id(longest)).text.utf8.count <= Limits.Address.maximumKeyBytes)
    }
}

@Suite struct `A session as a document` {
    @Test func `says its format, its version and all that was said`() throws {
        var ground = try madeSession(model: "opus")
        var change = SessionContextChange()
        change.constraints = .set(["be brief"])
        try ground.perform(Session.UpdateContext(change))
        try ground.ask("Where is PERSON_Q7K4M2?", 1)
        try ground.answer("In Rome.", 1)
        let head = try ground.perform(Session.Show())
        let json = SessionDocument.json(head, try ground.perform(Session.Messages()).messages)
        #expect(json["format"] == "synesis-session" && json["version"] == 1)
        #expect(
            JSONWriter.text(of: json) == """
                {"format":"synesis-session","version":1,"id":"trip","title":"Where is PERSON_Q7K4M2?",\
                "created":"2027-01-15T08:00:00.000Z","updated":"2027-01-15T08:00:00.000Z","model_preference":"opus",\
                "message_count":2,"forgotten_messages":0,"context":{"constraints":["be brief"]},"messages":[\
                {"number":1,"role":"user","content":"Where is PERSON_Q7K4M2?","created":"2027-01-15T08:00:00.000Z",\
                "run":"00000000-0000-0001-8000-000000000000","redacted":true},\
                {"number":2,"role":"assistant","content":"In Rome.","created":"2027-01-15T08:00:00.000Z",\
                "model":"tiny","usage":{"input_tokens":3,"output_tokens":5},\
                "run":"00000000-0000-0001-8000-000000000000","redacted":true}]}
                """
        )
        #expect(try JSONReader.read(JSONWriter.bytes(of: json)) == json)
        #expect(
            SessionContext(constraints: ["be brief"]) == (try SessionContext(json: JSONField(json["context"] ?? [])))
        )
    }
}
