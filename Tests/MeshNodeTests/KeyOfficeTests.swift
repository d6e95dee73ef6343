import Glibc
import MeshAPI
import MeshActors
import MeshCore
import MeshGateway
import MeshIdentity
import MeshNode
import MeshTestKit
import Testing

/// A node with a journal in memory, and the office of keys on it.
private struct KeyGround {
    let office: KeyOffice
    let clock: VirtualClock
    let log = VolatileLogSink()
    let journal: VolatileJournal

    init(journal: VolatileJournal = VolatileJournal()) throws {
        self.journal = journal
        clock = VirtualClock(wallTime: WallTime(millisecondsSince1970: 1_800_000_000_000))
        let logger = Logger(sink: log, clock: clock, minimumLevel: .debug)
        office = KeyOffice(tenant: try TenantID("main"), clock: clock, logger: logger)
    }

    /// Runs `body` with a node of this life of the hub.
    func run(life: UInt64 = 1, _ body: (ActorNode) async throws -> Void) async throws {
        let owner = Owner(node: try NodeID("hub-1"), incarnation: life)
        let node = ActorNode(
            owner: owner,
            kinds: office.kinds,
            membership: Membership(epoch: life, members: [Member(owner, role: .hub)]),
            journal: journal,
            transport: nil,
            clock: clock,
            generator: SeededGenerator(seed: life),
            logger: Logger(sink: log, clock: clock, minimumLevel: .error)
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await node.run() }
            try await body(node)
            await node.drain()
            group.cancelAll()
        }
    }

    func code(showing text: String) -> CallerErrorCode? {
        do throws(CallerError) {
            _ = try office.caller(showing: text)
            return nil
        } catch {
            return error.code
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `The keys of a hub` {
    @Test func `are judged only when all rings were read, and as they were left`() async throws {
        let journal = VolatileJournal()
        let (first, second) = (try KeyGround(journal: journal), try KeyGround(journal: journal))
        var kept: [String] = []
        try await first.run { node in
            try await first.office.load(from: journal, on: node)
            first.office.open(on: node)
            for (name, tenant) in [("ci", nil), ("laptop", "acme"), ("gone", "acme")] {
                var request = KeyRequest(name: name, scopes: ["chat"])
                request.tenant = tenant
                kept.append(try await first.office.create(request).text)
                #expect(try first.office.caller(showing: kept.last ?? "").tenant.text == tenant ?? "main")
            }
            _ = try await first.office.revoke(try APIKey(kept[2]).id)
            #expect(first.code(showing: kept[2]) == .unknownKey)
        }
        #expect(second.code(showing: kept[0]) == .notNow)
        await #expect(throws: KeyKeeperError.self) { try await second.office.keys(of: nil, after: nil) }
        try await second.run(life: 2) { node in
            try await second.office.load(from: journal, on: node)
            second.office.open(on: node)
            #expect(try second.office.caller(showing: kept[0]).key == "ci")
            #expect(try second.office.caller(showing: kept[1]).tenant == TenantID("acme"))
            #expect(second.code(showing: kept[2]) == .unknownKey)
            let acme = try await second.office.keys(of: try TenantID("acme"), after: nil)
            #expect(acme.keys.map(\.name).sorted() == ["gone", "laptop"] && acme.next == nil)
        }
        // Logs name keys, and nothing of their secrets.
        let said = "\(first.log.records)"
        #expect(said.contains("hub.key-created") && said.contains("hub.key-revoked") && said.contains("laptop"))
        for text in kept { #expect(!said.contains(text.suffix(40))) }
    }

    @Test func `end at their time`() async throws {
        let ground = try KeyGround()
        try await ground.run { node in
            try await ground.office.load(from: ground.journal, on: node)
            ground.office.open(on: node)
            var request = KeyRequest(name: "brief", scopes: ["read"])
            request.seconds = 60
            request.requestsPerMinute = 7
            let made = try await ground.office.create(request)
            #expect(try ground.office.caller(showing: made.text).requestsPerMinute == 7)
            ground.clock.jumpWallTime(by: .seconds(60))
            #expect(ground.code(showing: made.text) == .expiredKey)
            #expect(try await ground.office.keys(of: nil, after: nil).keys.map(\.state) == [.expired])
        }
    }

    @Test func `are not made of what cannot be`() async throws {
        let ground = try KeyGround()
        try await ground.run { node in
            try await ground.office.load(from: ground.journal, on: node)
            ground.office.open(on: node)
            var wrong = [
                KeyRequest(name: "Not A Name", scopes: ["chat"]), KeyRequest(name: "a", scopes: []),
                KeyRequest(name: "a", scopes: ["fly"]),
            ]
            for change in [
                { $0.tenant = "No" }, { $0.seconds = 0 }, { $0.seconds = .max }, { $0.requestsPerMinute = 0 },
                { $0.requestsPerMinute = Int64(Limits.Keys.maximumRequestsPerMinute) + 1 },
            ] as [(inout KeyRequest) -> Void] {
                var request = KeyRequest(name: "a", scopes: ["chat"])
                change(&request)
                wrong.append(request)
            }
            for request in wrong {
                let error = await #expect(throws: KeyKeeperError.self) { try await ground.office.create(request) }
                #expect(error?.code == .badRequest, "\(request)")
            }
            #expect(try await ground.office.keys(of: nil, after: nil).keys.isEmpty)
            let unknown = try #require(KeyID("00000000"))
            let error = await #expect(throws: KeyKeeperError.self) { try await ground.office.revoke(unknown) }
            #expect(error?.code == .unknownKey)
        }
    }

    @Test func `come in pages that a command reads to their end`() async throws {
        let ground = try KeyGround()
        try await ground.run { node in
            try await ground.office.load(from: ground.journal, on: node)
            ground.office.open(on: node)
            for number in 0...Limits.API.keysPerPage {
                _ = try await ground.office.create(KeyRequest(name: "key-\(number)", scopes: ["chat"]))
            }
            let first = try await ground.office.keys(of: nil, after: nil)
            #expect(first.keys.count == Limits.API.keysPerPage)
            let next = try #require(first.next)
            let second = try await ground.office.keys(of: nil, after: KeyID(next))
            #expect(second.keys.count == 1 && second.next == nil)
        }
        let most = Limits.Keys.maximumKeys + Limits.Keys.maximumEndedKeys
        #expect(Limits.Operators.maximumPages * Limits.API.keysPerPage >= 10 * most)
        #expect(Limits.Operators.answerPatience >= .seconds(10) && Limits.Operators.maximumConnections >= 2)
    }
}

@Suite struct `The file for operators` {
    @Test func `is its owner's alone, and comes back`() throws {
        let scratch = Scratch()
        let file = OperatorFile(url: "http://127.0.0.1:41234", secret: "s3cret")
        try file.write(into: scratch.path)
        try file.write(into: scratch.path)
        var status = stat()
        #expect(stat("\(scratch.path)/\(OperatorFile.name)", &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try OperatorFile(readingFrom: scratch.path) == file)
        #expect(!"\(file)".contains("s3cret"))
        OperatorFile.remove(from: scratch.path)
        let error = #expect(throws: OperatorFileError.self) { try OperatorFile(readingFrom: scratch.path) }
        #expect(error?.code == .missing)
    }

    @Test func `is not believed where others could have written it, or where it says nothing`() throws {
        let scratch = Scratch()
        let path = "\(scratch.path)/\(OperatorFile.name)"
        func check(_ text: String, mode: mode_t) {
            unlink(path)
            let file = open(path, O_WRONLY | O_CREAT, 0o600)
            _ = write(file, text, text.utf8.count)
            fchmod(file, mode)
            close(file)
            let error = #expect(throws: OperatorFileError.self) { try OperatorFile(readingFrom: scratch.path) }
            #expect(error?.code == .unusable)
        }
        check(#"{"url":"http://127.0.0.1:1","secret":"s"}"#, mode: 0o644)
        for text in ["", "{}", "[]", #"{"url":1,"secret":"s"}"#] { check(text, mode: 0o600) }
        let long = String(repeating: " ", count: Limits.Operators.maximumFileBytes)
        check(long + #"{"url":"u","secret":"s"}"#, mode: 0o600)
    }
}
