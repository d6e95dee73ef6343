package import MeshChat
package import MeshCore
package import MeshEscalation
package import MeshPrivacy

/// The maps of an edge's conversations: redacts what is asked, and keeps what an answer is restored with.
///
/// Requests of one conversation come one after the other, those of several at once. A map that has grown is durable
/// before the text with its new placeholders is handed out: a placeholder that left and was forgotten in a crash
/// could never be put back.
///
/// Callable from any task. Nothing waits but for the vault, so that cancelling a caller changes nothing.
package actor ConversationMaps {
    private struct Key: Hashable {
        let tenant: TenantID
        let name: String
    }

    private struct Open {
        var map: PlaceholderMap
        /// How many placeholders the vault has of it, and which last use.
        var keptCount: Int
        var keptUse: WallTime
        /// The higher, the later.
        var turn: UInt64
    }

    private let redactor: Redactor
    private let secret: TokenKey
    private let vault: any PlaceholderVault
    private let lifetime: Duration
    private let clock: any Clock

    private var open: [Key: Open] = [:]
    private var turns: UInt64 = 0
    /// Who waits for the one that is at work; without an entry nobody is.
    private var waiting: [Key: [CheckedContinuation<Void, Never>]] = [:]

    /// Maps that live for `lifetime` after their last use, of placeholders that `secret` decides.
    package init(
        redactor: Redactor,
        secret: TokenKey,
        vault: any PlaceholderVault,
        lifetime: Duration,
        clock: any Clock
    ) {
        self.redactor = redactor
        self.secret = secret
        self.vault = vault
        self.lifetime = lifetime
        self.clock = clock
    }

    /// How many maps are in memory.
    package var openCount: Int { open.count }

    // MARK: Redacting

    /// The request as it may leave; where anything was replaced, it tells the model what placeholders are.
    ///
    /// What holds placeholders of this conversation already, as stored messages do, is restored before it is asked
    /// again: else these get placeholders themselves.
    package func redact(
        _ request: ChatRequest,
        in conversation: Conversation,
        of tenant: TenantID
    ) async throws(ChatError) -> RedactedAsk<RedactedRequest> {
        let redactor = redactor
        return try await ask(conversation, tenant, request.beginning) { (map) throws(PrivacyError) in
            let redacted = try redactor.redact(request, with: &map)
            return (redacted.instructed, redacted.report)
        }
    }

    /// The question as it may leave; the prompt that the hub makes of it says what placeholders are.
    ///
    /// The same goes for what holds placeholders already. Where it is not kept, it must not leave: nobody knows its new
    /// placeholders afterwards.
    package func redact(
        _ question: Question<UnredactedText>,
        in conversation: Conversation,
        of tenant: TenantID,
        isKept: Bool = true
    ) async throws(ChatError) -> RedactedAsk<Question<RedactedText>> {
        let redactor = redactor
        return try await ask(conversation, tenant, question.beginning, isKept: isKept) { (map) throws(PrivacyError) in
            try question.redacted(by: redactor, with: &map)
        }
    }

    /// One text as it may be kept beside a conversation: a title, a context, a message that nobody asks.
    package func redact(
        _ text: String,
        field: String,
        in conversation: Conversation,
        of tenant: TenantID,
        isKept: Bool = true
    ) async throws(ChatError) -> RedactedAsk<RedactedText> {
        let redactor = redactor
        return try await ask(conversation, tenant, [text], isKept: isKept) { (map) throws(PrivacyError) in
            let (redacted, report) = try redactor.redact(text, field: field, with: &map)
            return (redacted, report)
        }
    }

    // MARK: Restoring

    /// The map of a conversation as it is now, for what was redacted in it before.
    ///
    /// Of one that keeps none it is empty.
    package func map(of conversation: Conversation, of tenant: TenantID) async throws(ChatError) -> PlaceholderMap {
        guard let name = conversation.keptName else { return emptyMap(tenant, name: "") }
        let key = Key(tenant: tenant, name: name)
        return try await inTurn(key) { () async throws(ChatError) in try await self.opened(key).map }
    }

    /// The text with the originals of its conversation.
    package func restore(
        _ text: String,
        in conversation: Conversation,
        of tenant: TenantID
    ) async throws(ChatError) -> String {
        Restorer.restore(bounded: text, with: try await map(of: conversation, of: tenant)).text
    }

    /// Forgets what the placeholders of a conversation stand for, here and in the vault.
    package func forget(_ conversation: Conversation, of tenant: TenantID) async throws(ChatError) {
        guard let name = conversation.keptName else { return }
        let key = Key(tenant: tenant, name: name)
        try await inTurn(key) { () async throws(ChatError) in try await self.remove(key) }
    }

    /// Forgets a conversation that was made for `ask` alone, of which nothing has left: the request was refused.
    ///
    /// Where anybody has used it since, or before, nothing changes.
    package func forget<Content>(
        _ conversation: Conversation,
        of tenant: TenantID,
        madeFor ask: RedactedAsk<Content>
    ) async throws(ChatError) {
        guard let name = conversation.keptName, let use = ask.firstUse else { return }
        let key = Key(tenant: tenant, name: name)
        try await inTurn(key) { () async throws(ChatError) in
            guard self.open[key]?.turn == use else { return }
            try await self.remove(key)
        }
    }

    /// Forgets of a conversation what its placeholders stand for, but for those in `texts`.
    ///
    /// Whoever asks in it meanwhile may lose what theirs stand for, but for the answer that they are reading.
    package func forget(
        _ conversation: Conversation,
        of tenant: TenantID,
        except texts: [String]
    ) async throws(ChatError) {
        guard let name = conversation.keptName else { return }
        let key = Key(tenant: tenant, name: name)
        try await inTurn(key) { () async throws(ChatError) in
            let known = try await self.opened(key)
            do throws(PrivacyError) {
                let placeholders = PlaceholderKey(secret: self.secret, tenant: tenant, session: name)
                let map = try known.map.keeping(placeholdersIn: texts, key: placeholders)
                guard map.count < known.map.count else { return }
                // In one step, so that no crash loses what is to stay.
                self.open[key] = nil
                if map.count > 0 {
                    try await self.vault.store(map.record, tenant: tenant, session: name)
                } else {
                    try await self.vault.remove(tenant: tenant, session: name)
                }
            } catch {
                throw ChatError(error)
            }
        }
    }

    private func remove(_ key: Key) async throws(ChatError) {
        open[key] = nil
        do throws(PrivacyError) {
            try await vault.remove(tenant: key.tenant, session: key.name)
        } catch {
            throw ChatError(error)
        }
    }

    // MARK: One request

    private func ask<Content: Sendable>(
        _ conversation: Conversation,
        _ tenant: TenantID,
        _ beginning: @autoclosure @Sendable () -> [String],
        isKept: Bool = true,
        _ redact: @Sendable (inout PlaceholderMap) throws(PrivacyError) -> (Content, RedactionReport)
    ) async throws(ChatError) -> RedactedAsk<Content> {
        guard let name = conversation.keptName else {
            return try await Self.ask(emptyMap(tenant, name: derivedName(tenant, beginning())), redact)
        }
        let key = Key(tenant: tenant, name: name)
        return try await inTurn(key) { () async throws(ChatError) in
            let known = try await self.opened(key)
            var map = known.map
            map.touch(now: self.useNow(of: conversation))
            // Only what has been redacted as a whole changes the map: what is refused has left nothing behind.
            var ask = try await Self.ask(map, redact)
            guard isKept else { return ask }
            try await self.keep(ask.map, key)
            if known.keptCount == 0, ask.map.count > 0 { ask.firstUse = known.turn }
            return ask
        }
    }

    /// A question that waits outlives the lifetime of maps where that is shorter than the queue's: its map counts as
    /// used later, so that it is swept when its answer has gone.
    private func useNow(of conversation: Conversation) -> WallTime {
        guard case .run = conversation else { return clock.wallTime }
        let longer = max(.zero, Limits.AskQueue.longestLifetime - lifetime)
        let milliseconds = longer.wholeNanoseconds / 1_000_000
        return WallTime(millisecondsSince1970: clock.wallTime.millisecondsSince1970 &+ milliseconds)
    }

    /// Off the actor: a long request keeps those of its own conversation waiting and no others.
    @concurrent
    private static func ask<Content: Sendable>(
        _ map: PlaceholderMap,
        _ redact: @Sendable (inout PlaceholderMap) throws(PrivacyError) -> (Content, RedactionReport)
    ) async throws(ChatError) -> RedactedAsk<Content> {
        var map = map
        do throws(PrivacyError) {
            let (content, report) = try redact(&map)
            return RedactedAsk(content: content, map: map, report: report)
        } catch {
            throw ChatError(error)
        }
    }

    private func emptyMap(_ tenant: TenantID, name: String) -> PlaceholderMap {
        let key = PlaceholderKey(secret: secret, tenant: tenant, session: name)
        return PlaceholderMap(key: key, now: clock.wallTime)
    }

    /// What a conversation is called of which only the beginning is known; it says nothing of the beginning.
    private func derivedName(_ tenant: TenantID, _ beginning: [String]) -> String {
        var message = Array("meshnode conversation 1".utf8) + [0] + Array(tenant.text.utf8)
        for text in beginning {
            withUnsafeBytes(of: UInt64(text.utf8.count).bigEndian) { message += $0 }
            message += Array(text.utf8)
        }
        return "~" + secret.withBytes { HMACSHA256.code(for: message, key: $0).description }
    }

    // MARK: What is in memory

    private func opened(_ key: Key) async throws(ChatError) -> Open {
        turns += 1
        let now = clock.wallTime
        if var known = open[key], !known.map.isExpired(now: now, lifetime: lifetime) {
            known.turn = turns
            open[key] = known
            return known
        }
        open[key] = nil
        let placeholders = PlaceholderKey(secret: secret, tenant: key.tenant, session: key.name)
        let loaded: Open
        do throws(PrivacyError) {
            let record = try await vault.load(tenant: key.tenant, session: key.name)
            let kept = try record.map { (record) throws(PrivacyError) in try PlaceholderMap(record, key: placeholders) }
            if let kept, !kept.isExpired(now: now, lifetime: lifetime) {
                loaded = Open(map: kept, keptCount: kept.count, keptUse: kept.lastUse, turn: turns)
            } else {
                let map = PlaceholderMap(key: placeholders, now: now)
                loaded = Open(map: map, keptCount: 0, keptUse: now, turn: turns)
            }
        } catch {
            throw ChatError(error)
        }
        open[key] = loaded
        makeRoom(beside: key)
        return loaded
    }

    /// Takes a map that was used, once it is durable where it has grown.
    private func keep(_ map: PlaceholderMap, _ key: Key) async throws(ChatError) {
        guard var known = open[key] else {
            preconditionFailure("a map stays in memory while its conversation has its turn")
        }
        if map.count > known.keptCount {
            do throws(PrivacyError) {
                try await vault.store(map.record, tenant: key.tenant, session: key.name)
            } catch {
                throw ChatError(error)
            }
            (known.keptCount, known.keptUse) = (map.count, map.lastUse)
        } else if map.count > 0, map.lastUse.isAfter(known.keptUse, by: grain) {
            // Where this fails, nothing is lost but that a map may be swept a little early; it is tried next time.
            if (try? await vault.store(map.record, tenant: key.tenant, session: key.name)) != nil {
                known.keptUse = map.lastUse
            }
        }
        known.map = map
        open[key] = known
        makeRoom(beside: key)
    }

    private var grain: Duration { PlaceholderMap.useGrain(ofLifetime: lifetime) }

    /// Lets go what was not used for longest; what is at work stays.
    private func makeRoom(beside key: Key) {
        var bytes = open.values.reduce(0) { $0 + $1.map.byteCount }
        while open.count > Limits.Conversations.maximumOpen || bytes > Limits.Conversations.maximumOpenBytes {
            let idle = open.filter { $0.key != key && waiting[$0.key] == nil }
            guard let oldest = idle.min(by: { $0.value.turn < $1.value.turn }) else { return }
            bytes -= oldest.value.map.byteCount
            open[oldest.key] = nil
        }
    }

    // MARK: Turns

    /// Does `body` when all that came before in this conversation is done.
    private func inTurn<Value: Sendable>(
        _ key: Key,
        _ body: () async throws(ChatError) -> Value
    ) async throws(ChatError) -> Value {
        try await takeTurn(key)
        defer { passTurn(key) }
        return try await body()
    }

    private func takeTurn(_ key: Key) async throws(ChatError) {
        guard let others = waiting[key] else {
            waiting[key] = []
            return
        }
        guard others.count < Limits.Conversations.maximumWaiting else {
            throw ChatError(.overloaded, "too many requests of one conversation wait for each other")
        }
        await withCheckedContinuation { waiting[key]?.append($0) }
    }

    private func passTurn(_ key: Key) {
        guard var others = waiting[key], !others.isEmpty else {
            waiting[key] = nil
            return
        }
        let next = others.removeFirst()
        waiting[key] = others
        next.resume()
    }
}

extension WallTime {
    fileprivate func isAfter(_ other: WallTime, by grain: Duration) -> Bool {
        millisecondsSince1970 - other.millisecondsSince1970 >= grain.wholeNanoseconds / 1_000_000
    }
}
