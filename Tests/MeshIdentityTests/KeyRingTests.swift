import MeshActors
import MeshCore
import MeshIdentity
import MeshWire
import Testing

@Suite struct `The ring of keys` {
    private var ground = Ground<KeyRing>()
    private let acme: TenantID

    init() throws { acme = try TenantID("acme") }

    private func key(_ seed: UInt64) -> APIKey {
        var generator = SeededGenerator(seed: seed)
        return APIKey(KeyID(using: &generator), using: &generator)
    }

    private func create(_ seed: UInt64, _ name: String, life: Duration? = nil) throws -> KeyRing.Create {
        KeyRing.Create(key(seed), name: try KeyName(name), scopes: [.chat, .read], life: life)
    }

    private func verdict(_ key: APIKey) -> KnownKeys.Verdict {
        var known = KnownKeys()
        for record in ground.value.records { known.apply(record, of: acme) }
        return known.verdict(on: key, now: ground.now)
    }

    @Test mutating func `makes a key that counts, with what was said of it`() throws {
        let record = try ground.perform(create(1, "ci"))
        #expect(record.created == Sample.now && record.expires == nil && record.revoked == nil)
        #expect(record.requestsPerMinute == 100 && Limits.Keys.requestsPerMinute == 100)
        let caller = Caller(tenant: acme, key: "ci", scopes: [.chat, .read], requestsPerMinute: 100)
        #expect(verdict(key(1)) == .known(caller))
        #expect(verdict(key(2)) == .unknown)
        try ground.checkReplay()
    }

    @Test mutating func `asked again, as where an answer was lost, it makes no second key`() throws {
        let first = try ground.perform(create(1, "ci"))
        ground.pass(.seconds(5))
        #expect(try ground.perform(create(1, "ci")) == first)
        #expect(ground.journal.count == 1)
        #expect(throws: KeyRing.Refusal.idTaken) { try ground.perform(create(1, "other")) }
    }

    @Test mutating func `gives a name once, and again when its key is over`() throws {
        let first = try ground.perform(create(1, "ci", life: .seconds(60)))
        #expect(throws: KeyRing.Refusal.nameTaken) { try ground.perform(create(2, "ci")) }
        ground.pass(.seconds(60))
        #expect(verdict(key(1)) == .expired)
        let second = try ground.perform(create(2, "ci"))
        try ground.perform(KeyRing.Revoke(id: second.id))
        try ground.perform(create(3, "ci"))
        #expect(ground.value.records.map(\.id).sorted() == ground.value.records.map(\.id))
        #expect(Set(ground.value.records.map(\.id)).isSuperset(of: [first.id, second.id]))
        try ground.checkReplay()
    }

    @Test mutating func `takes a key back for ever, and says no more than of one that nobody knows`() throws {
        let record = try ground.perform(create(1, "ci"))
        ground.pass(.seconds(10))
        let revoked = try ground.perform(KeyRing.Revoke(id: record.id))
        #expect(revoked.revoked == ground.now && revoked.state(at: ground.now) == .revoked)
        #expect(verdict(key(1)) == .unknown)
        ground.pass(.seconds(10))
        #expect(try ground.perform(KeyRing.Revoke(id: record.id)) == revoked)
        #expect(ground.journal.count == 2)
        #expect(throws: KeyRing.Refusal.unknown) { try ground.perform(KeyRing.Revoke(id: key(9).id)) }
        try ground.checkReplay()
    }

    @Test mutating func `a key with the right id and another secret is none of ours`() throws {
        try ground.perform(create(1, "ci"))
        var generator = SeededGenerator(seed: 77)
        #expect(verdict(APIKey(key(1).id, using: &generator)) == .unknown)
    }

    @Test mutating func `keeps a bounded number of keys, and forgets those that ended first`() throws {
        #expect(Limits.Keys.maximumKeys == 1_024 && Limits.Keys.maximumEndedKeys == 256)
        for seed in 1...UInt64(Limits.Keys.maximumKeys) { try ground.perform(create(seed, "key-\(seed)")) }
        #expect(throws: KeyRing.Refusal.full) { try ground.perform(create(5_000, "one-more")) }
        for seed in 1...UInt64(Limits.Keys.maximumEndedKeys + 10) {
            ground.pass(.seconds(1))
            try ground.perform(KeyRing.Revoke(id: key(seed).id))
        }
        let ended = ground.value.records.filter { $0.revoked != nil }
        #expect(ended.count == Limits.Keys.maximumEndedKeys)
        #expect(ground.value.record(of: key(10).id) == nil && ground.value.record(of: key(11).id) != nil)
        try ground.perform(create(5_000, "one-more"))
        try ground.checkReplay()
    }

    @Test mutating func `lists all of them, page by page`() throws {
        let count = Limits.Keys.maximumPage + 10
        for seed in 1...UInt64(count) { try ground.perform(create(seed, "key-\(seed)")) }
        let first = try ground.perform(KeyRing.List())
        #expect(first.count == Limits.Keys.maximumPage)
        let second = try ground.perform(KeyRing.List(after: first.last?.id))
        #expect(first + second == ground.value.records)
        #expect(try ground.perform(KeyRing.List(after: second.last?.id)).isEmpty)
    }

    @Test func `numbers and lives stay within their bounds`() throws {
        let name = try KeyName("ci")
        let most = KeyRing.Create(key(1), name: name, scopes: [], requestsPerMinute: .max, life: .seconds(Int64.max))
        #expect(most.requestsPerMinute == Limits.Keys.maximumRequestsPerMinute)
        #expect(most.lifeMilliseconds == Limits.Keys.maximumLife.components.seconds * 1_000)
        let least = KeyRing.Create(key(1), name: name, scopes: [], requestsPerMinute: 0, life: .zero)
        #expect(least.requestsPerMinute == 1 && least.lifeMilliseconds == 1_000)
    }

    @Test mutating func `a record with more scopes than there may be is refused, and a new one is not granted`() throws
    {
        let record = try ground.perform(create(1, "ci"))
        func bytes(_ scopes: [String]) -> [UInt8] {
            var writer = WireWriter()
            writer.writeArrayHead(count: 8)
            writer.write(UInt64(1))
            writer.write("ci")
            writer.write(bytes: record.digest.bytes)
            scopes.encode(into: &writer)
            writer.write(UInt64(100))
            writer.write(Int64(0))
            Int64?.none.encode(into: &writer)
            Int64?.none.encode(into: &writer)
            return writer.bytes.withUnsafeBytes { Array($0) }
        }
        #expect(try KeyRecord(wireBytes: bytes(["chat", "fly"])).scopes == [.chat])
        let most = Limits.Keys.maximumScopes
        #expect(try KeyRecord(wireBytes: bytes(Array(repeating: "fly", count: most))).scopes.isEmpty)
        #expect(throws: WireError.self) {
            try KeyRecord(wireBytes: bytes(Array(repeating: "fly", count: most + 1)))
        }
    }

    @Test mutating func `what is known in memory never takes a revocation back`() throws {
        let record = try ground.perform(create(1, "ci"))
        let revoked = try ground.perform(KeyRing.Revoke(id: record.id))
        var known = KnownKeys()
        known.apply(revoked, of: acme)
        known.apply(record, of: acme)
        #expect(known.verdict(on: key(1), now: ground.now) == .unknown)
        known.replace(with: [record], of: acme)
        #expect(known.verdict(on: key(1), now: ground.now) == .unknown)
        known.replace(with: [], of: acme)
        #expect(known.count == 0 && !known.contains(record.id))
    }

    @Test mutating func `keys of two tenants are apart`() throws {
        let other = try TenantID("other")
        let record = try ground.perform(create(1, "ci"))
        var known = KnownKeys()
        known.apply(record, of: acme)
        known.apply(try ground.perform(create(2, "laptop")), of: other)
        #expect(known.list(of: acme).map(\.record) == [record])
        #expect(known.list().count == 2)
        known.replace(with: [], of: other)
        #expect(known.verdict(on: key(1), now: ground.now) != .unknown)
    }
}
