import MeshActors
import MeshChat
import MeshCore
import MeshEscalation
import MeshPrivacy
import MeshRelay
import MeshSessions
import MeshTestKit
import Testing

@Suite struct `Maps of conversations` {
    private let clock = VirtualClock()
    private let vault = VolatileVault()
    private let tenant: TenantID
    private let trip: Conversation
    private static let lifetime = Duration.seconds(30 * 86_400)

    init() throws {
        tenant = try TenantID("main")
        trip = .session(try SessionID("trip"))
    }

    private func maps(
        policy: PrivacyPolicy = PrivacyPolicy(),
        lifetime: Duration = Self.lifetime
    ) throws -> ConversationMaps {
        let secret = [UInt8](repeating: 7, count: TokenKey.byteCount).withUnsafeBytes { TokenKey(copying: $0) }
        return ConversationMaps(
            redactor: Redactor(policy: policy),
            secret: try #require(secret),
            vault: vault,
            lifetime: lifetime,
            clock: clock
        )
    }

    private func request(_ texts: String...) -> ChatRequest {
        var role = ChatRole.assistant
        let messages = texts.map { text in
            role = role == .user ? .assistant : .user
            return ChatMessage(role, text)
        }
        return ChatRequest(model: "tiny", messages: messages)
    }

    private func texts(_ request: ChatRequest) -> [String] { request.messages.map(\.text) }

    // MARK: Questions that wait

    @Test func `a question that waits for longer than maps live is put back together all the same`() async throws {
        let run = Conversation.run(UniqueID(high: 1, low: 1))
        let text = "Write to anna@example.org"
        func ask(_ conversation: Conversation) async throws -> String {
            let ask = try await maps(lifetime: .seconds(60)).redact(request(text), in: conversation, of: tenant)
            return try #require(texts(ask.content.request).first)
        }
        let (waiting, said) = (try await ask(run), try await ask(trip))
        clock.jumpWallTime(by: Limits.AskQueue.longestLifetime - .seconds(1))
        // Another process, later.
        #expect(try await maps(lifetime: .seconds(60)).restore(waiting, in: run, of: tenant) == text)
        #expect(try await maps(lifetime: .seconds(60)).restore(said, in: trip, of: tenant) == said)
        clock.jumpWallTime(by: .seconds(120))
        #expect(try await maps(lifetime: .seconds(60)).restore(waiting, in: run, of: tenant) == waiting)
    }

    // MARK: Sessions

    @Test func `what leaves has placeholders, and its map has the originals`() async throws {
        let maps = try maps()
        let ask = try await maps.redact(request("Write to anna@example.org"), in: trip, of: tenant)
        let text = try #require(texts(ask.content.request).first)
        #expect(!text.contains("anna") && text.hasPrefix("Write to EMAIL_"))
        #expect(Restorer.restore(text, with: ask.map).text == "Write to anna@example.org")
        #expect(try await maps.restore(text, in: trip, of: tenant) == "Write to anna@example.org")
        #expect(ask.report.total == 1)
    }

    @Test func `what leaves was stored before`() async throws {
        let maps = try maps()
        vault.fail(with: .vaultFull)
        await #expect(throws: ChatError(.unavailable, "")) {
            _ = try await maps.redact(self.request("Write to anna@example.org"), in: self.trip, of: self.tenant)
        }
        vault.fail(with: nil)
        let ask = try await maps.redact(request("Write to anna@example.org"), in: trip, of: tenant)
        #expect(vault.stores == 1)
        // Another process, later.
        let later = try self.maps()
        let text = try #require(texts(ask.content.request).first)
        #expect(try await later.restore(text, in: trip, of: tenant) == "Write to anna@example.org")
    }

    @Test func `nothing new costs no write, but one for each hour of use`() async throws {
        let maps = try maps()
        for _ in 0..<3 { _ = try await maps.redact(request("I am anna@example.org"), in: trip, of: tenant) }
        #expect(vault.stores == 1 && vault.loads == 1)
        clock.jumpWallTime(by: Limits.Privacy.lastUseGrain)
        for _ in 0..<3 { _ = try await maps.redact(request("Hello"), in: trip, of: tenant) }
        #expect(vault.stores == 2)
    }

    @Test func `a use that cannot be noted refuses nobody`() async throws {
        let maps = try maps()
        _ = try await maps.redact(request("I am anna@example.org"), in: trip, of: tenant)
        clock.jumpWallTime(by: Limits.Privacy.lastUseGrain)
        vault.fail(with: .vaultFailed)
        _ = try await maps.redact(request("I am anna@example.org"), in: trip, of: tenant)
        vault.fail(with: nil)
        _ = try await maps.redact(request("I am anna@example.org"), in: trip, of: tenant)
        #expect(vault.stores == 2)
    }

    @Test func `a map that cannot be opened is an error, and no empty map`() async throws {
        let maps = try maps()
        vault.fail(with: .vaultDamaged)
        await #expect(throws: ChatError(.engineFailed, "")) {
            _ = try await maps.redact(self.request("Hello"), in: self.trip, of: self.tenant)
        }
        #expect(await maps.openCount == 0)
    }

    @Test func `what is refused is named by its field, and leaves nothing behind`() async throws {
        var policy = PrivacyPolicy()
        policy[.card] = .block
        let maps = try maps(policy: policy)
        let error = try await #require(throws: ChatError.self) {
            let asked = self.request("I am anna@example.org", "Yes?", "My card is 4111 1111 1111 1111")
            _ = try await maps.redact(asked, in: self.trip, of: self.tenant)
        }
        #expect(error.code == .forbidden)
        #expect(error.failure?.parameter == "messages[2].parts[0]")
        #expect(error.message == "messages[2].parts[0] holds a card number, which may not leave")
        #expect(vault.stores == 0)
        #expect(try await maps.map(of: trip, of: tenant).count == 0)
    }

    @Test func `two sessions and two tenants have placeholders of their own`() async throws {
        let maps = try maps()
        let asked = request("I am anna@example.org")
        var said: Set<String> = []
        for tenant in [tenant, try TenantID("other")] {
            for session in ["trip", "home"] {
                let ask = try await maps.redact(asked, in: .session(try SessionID(session)), of: tenant)
                said.formUnion(texts(ask.content.request))
            }
        }
        #expect(said.count == 4)
    }

    @Test func `a map that was not used for its lifetime is begun anew`() async throws {
        let maps = try maps()
        let ask = try await maps.redact(request("I am anna@example.org"), in: trip, of: tenant)
        clock.jumpWallTime(by: Self.lifetime + .seconds(1))
        #expect(try await maps.map(of: trip, of: tenant).count == 0)
        let text = try #require(texts(ask.content.request).first)
        #expect(try await maps.restore(text, in: trip, of: tenant) == text)
        // The same original has the same placeholder as before.
        let again = try await maps.redact(request("I am anna@example.org"), in: trip, of: tenant)
        #expect(texts(again.content.request) == [text])
        #expect(vault.stores == 2)
    }

    @Test func `what is forgotten cannot be restored`() async throws {
        let maps = try maps()
        let ask = try await maps.redact(request("I am anna@example.org"), in: trip, of: tenant)
        try await maps.forget(trip, of: tenant)
        let text = try #require(texts(ask.content.request).first)
        #expect(try await maps.restore(text, in: trip, of: tenant) == text)
        #expect(vault.count == 0)
    }

    @Test func `a run keeps its map until it is forgotten`() async throws {
        let run = Conversation.run(EscalationRequest.run(of: "r-1", asker: "someone"))
        let question = Question(UnredactedText("Who is anna@example.org?"), maximumTokens: 10)
        let ask = try await maps().redact(question, in: run, of: tenant)
        let answer = try await maps().restore(ask.content.query.text, in: run, of: tenant)
        #expect(answer == "Who is anna@example.org?")
        try await maps().forget(run, of: tenant)
        #expect(vault.count == 0)
    }

    // MARK: Clients without a session

    @Test func `a conversation that is told as a whole each time keeps its placeholders, and leaves nothing`()
        async throws
    {
        let first = request("I am anna@example.org")
        let second = request("I am anna@example.org", "Hello anna@example.org", "And bob@example.org?")
        let one = try await maps().redact(first, in: .stateless, of: tenant)
        let two = try await maps().redact(second, in: .stateless, of: tenant)
        #expect(texts(two.content.request).first == texts(one.content.request).first)
        #expect(two.map.count == 2)
        let other = try await maps().redact(request("It is anna@example.org"), in: .stateless, of: tenant)
        #expect(texts(other.content.request).first?.suffix(12) != texts(one.content.request).first?.suffix(12))
        #expect(vault.loads == 0 && vault.stores == 0)
    }

    @Test func `texts that are cut elsewhere are another beginning`() async throws {
        var one = request("c anna@example.org")
        var two = request("bc anna@example.org")
        one.system = [.text("ab")]
        two.system = [.text("a")]
        let placeholders = try await [one, two].asyncMap { request in
            let ask = try await maps().redact(request, in: .stateless, of: tenant)
            return texts(ask.content.request).first?.suffix(12)
        }
        #expect(placeholders[0] != placeholders[1])
    }

    // MARK: Questions

    @Test func `all texts of a question are redacted, also where a name stands before it is known`() async throws {
        var question = Question(UnredactedText("My name is Ottilie Brandauer."), maximumTokens: 10)
        question.framing = UnredactedText("Help Ottilie Brandauer")
        question.constraints = [UnredactedText("Do not write to anna@example.org")]
        question.knowledge = [
            .init(name: UnredactedText("anna@example.org"), text: UnredactedText("Call Ottilie Brandauer"))
        ]
        question.history = [.init(.user, UnredactedText("Ottilie Brandauer was here"))]
        question.project = "project-of-anna@example.org"
        let maps = try maps()
        let ask = try await maps.redact(question, in: trip, of: tenant)
        let all = ask.content
        let texts = [
            all.query, all.framing, all.constraints.first, all.knowledge.first?.name, all.knowledge.first?.text,
        ]
        for text in texts + [all.history.first?.text] {
            let text = try #require(text).text
            #expect(!text.contains("Ottilie") && !text.contains("anna"), "\(text)")
            #expect(text.contains("PERSON_") || text.contains("EMAIL_"))
        }
        #expect(all.project?.contains("anna") == false)
        let again = try await maps.redact(question, in: trip, of: tenant)
        #expect(again.report == ask.report, "what is searched twice is counted once")
        #expect(ask.report.counts[.email] == 3)
        let restored = all.mapTexts { UnredactedText(Restorer.restore($0.text, with: ask.map).text) }
        #expect(restored.query == question.query && restored.knowledge == question.knowledge)
    }

    @Test(arguments: [
        ("context.pathos_framing", 0), ("context.constraints[1]", 1), ("context.local_knowledge[0].name", 2),
        ("context.local_knowledge[0].text", 3), ("context.local_knowledge[1].text", 4), ("history[1]", 5), ("query", 6),
        ("model_preference", 7), ("project_id", 8), ("lora_id", 9),
    ])
    func `what may not leave is named by its field`(field: String, place: Int) async throws {
        func text(_ index: Int) -> UnredactedText { UnredactedText(index == place ? "to anna@example.org" : "nothing") }
        var question = Question(text(6), maximumTokens: 10)
        question.framing = text(0)
        question.constraints = [UnredactedText("none"), text(1)]
        question.knowledge = [.init(name: text(2), text: text(3)), .init(text: text(4))]
        question.history = [.init(.user, UnredactedText("one")), .init(.assistant, text(5))]
        if place == 7 { question.model = "anna@example.org" }
        if place == 8 { question.project = "anna@example.org" }
        if place == 9 { question.adapter = "anna@example.org" }
        let maps = try maps(policy: PrivacyPolicy(.block))
        let asked = question
        let error = try await #require(throws: ChatError.self) {
            _ = try await maps.redact(asked, in: self.trip, of: self.tenant)
        }
        #expect(error.failure?.parameter == field)
        #expect(EscalationFailure(error).field == field)
    }

    // MARK: Bounds

    @Test func `requests of one conversation take turns, and no more than maximumWaiting wait`() async throws {
        let maps = try maps()
        let (trip, tenant) = (trip, tenant)
        let asked = (0..<100).map { request("I am anna\($0)@example.org") }
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for request in asked {
                group.addTask { (try? await maps.redact(request, in: trip, of: tenant)) != nil }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let redacted = outcomes.count { $0 }
        #expect(redacted >= Limits.Conversations.maximumWaiting, "these waited")
        #expect(vault.mostAtWork == 1)
        #expect(try await maps.map(of: trip, of: tenant).count == redacted, "no map was lost to another request's")
    }

    @Test func `a request more than maximumWaiting is refused as overloaded`() async throws {
        let vault = HeldVault()
        let secret = [UInt8](repeating: 7, count: TokenKey.byteCount).withUnsafeBytes { TokenKey(copying: $0) }
        let maps = ConversationMaps(
            redactor: Redactor(),
            secret: try #require(secret),
            vault: vault,
            lifetime: Self.lifetime,
            clock: clock
        )
        let (trip, tenant) = (trip, tenant)
        let asked = request("Hello")
        let outcomes = await withTaskGroup(of: ChatErrorCode?.self) { group in
            for _ in 0..<Limits.Conversations.maximumWaiting + 2 {
                group.addTask {
                    do throws(ChatError) {
                        _ = try await maps.redact(asked, in: trip, of: tenant)
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            // One is in the vault, all others but one wait: that one is refused, and comes first.
            let first = await group.next() ?? nil
            vault.release()
            return await group.reduce(into: [first]) { $0.append($1) }
        }
        #expect(outcomes.first == .overloaded)
        #expect(outcomes.count { $0 == nil } == Limits.Conversations.maximumWaiting + 1)
    }

    @Test func `no more than maximumOpen maps are in memory, and those of longest ago are read again`() async throws {
        let maps = try maps()
        let count = Limits.Conversations.maximumOpen + 8
        for index in 0..<count {
            let session = Conversation.session(try SessionID("s\(index)"))
            _ = try await maps.redact(request("I am anna\(index)@example.org"), in: session, of: tenant)
        }
        #expect(await maps.openCount == Limits.Conversations.maximumOpen)
        #expect(vault.loads == count)
        _ = try await maps.map(of: .session(try SessionID("s\(count - 1)")), of: tenant)
        #expect(vault.loads == count)
        #expect(try await maps.map(of: .session(try SessionID("s0")), of: tenant).count == 1)
        #expect(vault.loads == count + 1)
    }

    @Test func `large maps leave room for each other within maximumOpenBytes`() async throws {
        let maps = try maps()
        let user = String(repeating: "a", count: 1_024 * 1_024 * 3 / 2)
        var asked = request("Hello")
        asked.user = user
        for index in 0..<24 {
            _ = try await maps.redact(asked, in: .session(try SessionID("s\(index)")), of: tenant)
        }
        let open = await maps.openCount
        let bytes = try await maps.map(of: .session(try SessionID("s23")), of: tenant).byteCount
        #expect(bytes == user.utf8.count)
        #expect(open == Limits.Conversations.maximumOpenBytes / bytes)
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}

/// A vault whose first call waits until it is released.
private final class HeldVault: PlaceholderVault {
    private let signal = Signal()

    func release() { signal.raise() }

    func load(tenant: TenantID, session: String) async throws(PrivacyError) -> PlaceholderRecord? {
        await signal.wait()
        return nil
    }

    func store(_ record: PlaceholderRecord, tenant: TenantID, session: String) async throws(PrivacyError) {}
    func remove(tenant: TenantID, session: String) async throws(PrivacyError) {}
}
