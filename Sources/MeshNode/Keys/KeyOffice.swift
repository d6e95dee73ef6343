package import MeshAPI
package import MeshActors
package import MeshCore
package import MeshGateway
package import MeshIdentity

/// The API keys of a hub: who shows one is judged from memory, and what changes is in the journal first.
///
/// Until all rings were read nobody's key is judged: whoever shows one comes again.
package final class KeyOffice: Sendable {
    private let tenant: TenantID
    private let clock: any Clock
    private let logger: Logger
    private let memory = Lock(Memory())
    private let node = Lock(WeakNode())

    /// What is known of the rings.
    private struct Memory: Sendable {
        /// Nil until all rings were read.
        var keys: KnownKeys?
        /// How often they may have changed: what was read before the last time says too little.
        var changes: UInt64 = 0
        /// Tenants whose ring is being read again.
        var rereading: Set<TenantID> = []

        mutating func apply(_ record: KeyRecord, of tenant: TenantID, now: WallTime) {
            changes += 1
            keys?.apply(record, of: tenant)
            keys?.forgetOverdue(of: tenant, now: now)
        }
    }

    /// Weak, because the node holds the office by the services around it.
    private struct WeakNode: Sendable {
        weak var node: ActorNode?
    }

    /// The office of a hub of `tenant`, which knows nothing yet.
    package init(tenant: TenantID, clock: any Clock, logger: Logger) {
        self.tenant = tenant
        self.clock = clock
        self.logger = logger
    }

    /// The kinds of actors that a hub hosts for it.
    package var kinds: [HostedKind] { [.journaled(KeyRing.self)] }

    /// Reads all rings of `journal`, which `node` hosts; before anybody's key is judged.
    package func load(from journal: any Journal, on node: ActorNode) async throws {
        var all = KnownKeys()
        for name in try await Self.rings(in: journal) {
            // Whose name is none could not have been made here.
            guard let tenant = try? TenantID(name) else { continue }
            let ring = try node.actor(KeyRing.self, name)
            for record in try await Self.records(of: ring) { all.apply(record, of: tenant) }
        }
        memory.withLock { $0.keys = all }
    }

    private static func records(of ring: ActorReference<JournaledActor<KeyRing>>) async throws -> [KeyRecord] {
        var records: [KeyRecord] = []
        while true {
            let page = try await ring.call(KeyRing.List(after: records.last?.id))
            guard !page.isEmpty else { return records }
            records += page
        }
    }

    /// Makes and takes back keys on `node`, which hosts ``kinds``, from now on.
    package func open(on node: ActorNode) { self.node.withLock { $0.node = node } }

    /// The keys of all rings, by their actors' addresses: they stand side by side.
    private static func rings(in journal: any Journal) async throws -> [String] {
        var names: [String] = []
        while true {
            let page = try await journal.actors(of: KeyRing.kind, after: names.last)
            guard !page.isEmpty else { return names }
            names += page.map(\.address.key)
        }
    }

    private func opened() throws(KeyKeeperError) -> ActorNode {
        guard let node = node.withLock({ $0.node }), memory.withLock({ $0.keys != nil }) else {
            throw KeyKeeperError(.notNow, "the hub is starting: try again in a moment")
        }
        return node
    }

    private func ring(
        of tenant: TenantID
    ) throws(KeyKeeperError) -> ActorReference<JournaledActor<KeyRing>> {
        let node = try opened()
        do throws(ActorError) { return try node.actor(KeyRing.self, tenant.text) } catch {
            throw KeyKeeperError(.lost, "the ring of '\(tenant)' cannot be reached", cause: error)
        }
    }
}

// MARK: Callers

extension KeyOffice: CallerDirectory {
    /// Of the hub's own tenant, for everything and as often as it likes.
    package var localCaller: Caller {
        Caller(tenant: tenant, key: nil, scopes: Set(KeyScope.allCases), requestsPerMinute: nil)
    }

    /// From memory; an id that is known is no secret, and how its secret differs does not show in the time.
    package func caller(showing text: String) throws(CallerError) -> Caller {
        let key: APIKey
        do throws(APIKeyError) { key = try APIKey(text) } catch {
            throw CallerError(.malformedKey, error.message, cause: error)
        }
        let now = clock.wallTime
        switch memory.withLock({ $0.keys?.verdict(on: key, now: now) }) {
        case .known(let caller)?: return caller
        case .unknown?: throw CallerError(.unknownKey, "this key is not known here, or was taken back")
        case .expired?: throw CallerError(.expiredKey, "the time of this key is over")
        case nil: throw CallerError(.notNow, "the hub is starting, and does not know its keys yet")
        }
    }
}

// MARK: Lost answers

extension KeyOffice {
    /// After a command whose answer was lost, and which may be in the journal all the same: memory has to say the same.
    ///
    /// In a task of its own, because whoever asked may have left: what is in the journal counts also then.
    private func readAgain(_ tenant: TenantID) {
        let isUnderWay = memory.withLock { memory in
            memory.changes += 1
            return !memory.rereading.insert(tenant).inserted
        }
        if !isUnderWay { Task { await self.reread(tenant) } }
    }

    /// Until it is read, or there is no node any more.
    private func reread(_ tenant: TenantID) async {
        var pause = Duration.milliseconds(100)
        while let node = node.withLock({ $0.node }) {
            let seen = memory.withLock { $0.changes }
            do {
                let records = try await Self.records(of: try node.actor(KeyRing.self, tenant.text))
                let isCurrent = memory.withLock { memory in
                    guard memory.changes == seen else { return false }
                    memory.keys?.replace(with: records, of: tenant)
                    memory.rereading.remove(tenant)
                    return true
                }
                if isCurrent { return }
            } catch {
                do { try await clock.sleep(until: clock.now + pause) } catch { break }
                pause = min(pause * 2, .seconds(5))
            }
        }
        memory.withLock { memory in _ = memory.rereading.remove(tenant) }
    }
}

// MARK: Operators

extension KeyOffice: KeyKeeper {
    /// Into the journal first, then into memory.
    package func create(_ request: KeyRequest) async throws(KeyKeeperError) -> NewKeyDocument {
        let wanted = try WantedKey(request, tenant: tenant)
        let ring = try ring(of: wanted.tenant)
        // Of the machine's own chance: a seeded generator is no place for a secret.
        var chance = SystemRandomNumberGenerator()
        var id = KeyID(using: &chance)
        while memory.withLock({ $0.keys?.contains(id) == true }) { id = KeyID(using: &chance) }
        let key = APIKey(id, using: &chance)
        let command = KeyRing.Create(
            key,
            name: wanted.name,
            scopes: wanted.scopes,
            requestsPerMinute: wanted.requestsPerMinute,
            life: wanted.life
        )
        let record: KeyRecord
        do throws(CallFailure<KeyRing.Refusal>) { record = try await ring.call(command) } catch {
            if case .failed = error { readAgain(wanted.tenant) }
            throw KeyKeeperError(error, of: wanted.name.text)
        }
        memory.withLock { $0.apply(record, of: wanted.tenant, now: clock.wallTime) }
        log(.keyCreated, record, wanted.tenant)
        return NewKeyDocument(key: document(record, wanted.tenant), text: key.text)
    }

    /// From memory, the oldest first.
    package func keys(of tenant: TenantID?, after: KeyID?) async throws(KeyKeeperError) -> KeysDocument {
        _ = try opened()
        var entries = memory.withLock { $0.keys?.list(of: tenant) ?? [] }[...]
        if let after {
            guard let place = entries.firstIndex(where: { $0.record.id == after }) else {
                throw KeyKeeperError(.badRequest, "'after' is the id of a key that is listed, and '\(after)' is not")
            }
            entries = entries[(place + 1)...]
        }
        let page = entries.prefix(Limits.API.keysPerPage)
        let hasMore = page.count < entries.count
        return KeysDocument(
            keys: page.map { document($0.record, $0.tenant) },
            next: hasMore ? page.last?.record.id.text : nil
        )
    }

    /// Out of the journal first, then out of memory; from then on no request that shows it is answered.
    package func revoke(_ id: KeyID) async throws(KeyKeeperError) -> KeyDocument {
        _ = try opened()
        let entry = memory.withLock { memory in memory.keys?.list().first { $0.record.id == id } }
        guard let entry else { throw KeyKeeperError(.unknownKey, "there is no key '\(id)'") }
        let ring = try ring(of: entry.tenant)
        let record: KeyRecord
        do throws(CallFailure<KeyRing.Refusal>) { record = try await ring.call(KeyRing.Revoke(id: id)) } catch {
            if case .failed = error { readAgain(entry.tenant) }
            throw KeyKeeperError(error, of: id.text)
        }
        memory.withLock { $0.apply(record, of: entry.tenant, now: clock.wallTime) }
        log(.keyRevoked, record, entry.tenant)
        return document(record, entry.tenant)
    }

    private func log(_ event: LogEvent, _ record: KeyRecord, _ tenant: TenantID) {
        let fields = [
            LogField(.keyID, .text(record.id.text)), LogField(.keyName, .text(record.name.text)),
            LogField(.tenant, .text(tenant.text)),
        ]
        logger.log(.info, event, fields)
    }

    private func document(_ record: KeyRecord, _ tenant: TenantID) -> KeyDocument {
        let state: KeyDocument.State =
            switch record.state(at: clock.wallTime) {
            case .valid: .valid
            case .expired: .expired
            case .revoked: .revoked
            }
        var document = KeyDocument(
            id: record.id.text,
            name: record.name.text,
            tenant: tenant.text,
            scopes: KeyScope.allCases.filter(record.scopes.contains).map(\.rawValue),
            requestsPerMinute: Int64(record.requestsPerMinute),
            created: record.created.description,
            state: state
        )
        document.expires = record.expires?.description
        document.revoked = record.revoked?.description
        return document
    }
}

/// What somebody asks for, read: a request that cannot be met is refused before anything is drawn.
private struct WantedKey {
    let tenant: TenantID
    let name: KeyName
    let scopes: Set<KeyScope>
    let requestsPerMinute: Int
    let life: Duration?

    init(_ request: KeyRequest, tenant own: TenantID) throws(KeyKeeperError) {
        do throws(CoreError) {
            name = try KeyName(request.name)
            tenant = try request.tenant.map { text throws(CoreError) in try TenantID(text) } ?? own
        } catch {
            throw KeyKeeperError(.badRequest, error.message)
        }
        var scopes: Set<KeyScope> = []
        for word in request.scopes {
            guard let scope = KeyScope(rawValue: word) else {
                let words = KeyScope.allCases.map(\.rawValue).joined(separator: ", ")
                throw KeyKeeperError(.badRequest, "a scope is one of \(words)")
            }
            scopes.insert(scope)
        }
        guard !scopes.isEmpty else { throw KeyKeeperError(.badRequest, "a key that may do nothing is of no use") }
        self.scopes = scopes
        let number = request.requestsPerMinute ?? Int64(Limits.Keys.requestsPerMinute)
        guard (1...Int64(Limits.Keys.maximumRequestsPerMinute)).contains(number) else {
            let limit = Limits.Keys.maximumRequestsPerMinute
            throw KeyKeeperError(.badRequest, "a key may be used 1 to \(limit) times in a minute")
        }
        requestsPerMinute = Int(number)
        let longest = Limits.Keys.maximumLife.components.seconds
        if let seconds = request.seconds, !(1...longest).contains(seconds) {
            throw KeyKeeperError(.badRequest, "a key lives a second at least and \(longest / 86_400) days at most")
        }
        life = request.seconds.map { .seconds($0) }
    }
}

extension KeyKeeperError {
    fileprivate init(_ failure: CallFailure<KeyRing.Refusal>, of key: String) {
        switch failure {
        case .refused(.nameTaken):
            self.init(.nameTaken, "there is a key called '\(key)': take another name, or take that one back first")
        case .refused(.full):
            self.init(.full, "the tenant has \(Limits.Keys.maximumKeys) keys: take those back that nobody uses")
        case .refused(.unknown): self.init(.unknownKey, "there is no key '\(key)' any more")
        case .refused(.idTaken): self.init(.lost, "chance has drawn a key that there is: try again")
        case .overloaded: self.init(.notNow, "the hub has too much to do: try again in a moment")
        case .failed(let error):
            self.init(.lost, "the journal does not answer, and it may be done all the same", cause: error)
        }
    }
}

extension LogEvent {
    static let keyCreated = LogEvent("hub.key-created")
    static let keyRevoked = LogEvent("hub.key-revoked")
}

extension LogKey {
    static let keyID = LogKey("key_id")
    static let keyName = LogKey("key")
}
