import MeshAPI
import MeshCore
import MeshJSON
import MeshTestKit
import MeshVitals
import Testing

/// docs/api.md is what strangers write clients by, so its examples are held to what both sides read and write.
@Suite struct `The documents of the gateway` {
    private static func example(_ name: String) throws -> [UInt8] {
        let lines = try #require(RepositoryFile.block(name, of: "docs/api.md"), "docs/api.md has no example '\(name)'")
        return Array(lines.filter { !$0.hasPrefix("```") }.joined().utf8)
    }

    private static func checkExample<Document: APIDocument>(_ name: String, as _: Document.Type) throws {
        let bytes = try example(name)
        let document = try Document(bytes: bytes)
        #expect(String(decoding: document.bytes, as: UTF8.self) == String(decoding: bytes, as: UTF8.self))
    }

    @Test func `are what docs/api.md shows`() throws {
        try Self.checkExample("version", as: VersionDocument.self)
        try Self.checkExample("status", as: StatusDocument.self)
        try Self.checkExample("node", as: NodeDocument.self)
        try Self.checkExample("ping", as: PingDocument.self)
        try Self.checkExample("renew", as: RenewDocument.self)
        try Self.checkExample("drain", as: DrainDocument.self)
        try Self.checkExample("keys", as: KeysDocument.self)
        try Self.checkExample("doctor", as: DoctorDocument.self)
        try Self.checkExample("answer", as: AnswerDocument.self)
        try Self.checkExample("usage", as: UsageDocument.self)
        try Self.checkExample("receipt", as: ReceiptDocument.self)
        try Self.checkExample("balance", as: AccountDocument.self)
        try Self.checkExample("account-usage", as: AccountUsageDocument.self)
        try Self.checkExample("proof", as: ProofDocument.self)
        try Self.checkExample("accounts", as: AccountsDocument.self)
        try Self.checkExample("outbox", as: OutboxDocument.self)
    }

    @Test func `come back as they were written, with everything that they can hold`() throws {
        var node = try NodeDocument(bytes: Self.example("node"))
        node.departure = NodeDocument.Departure(at: "2026-11-21T08:15:00.250Z", reason: "it went", isDrained: true)
        let list = NodesDocument(nodes: [node, node], next: "laptop-7")
        #expect(try NodesDocument(bytes: list.bytes) == list)
        var status = try StatusDocument(bytes: Self.example("status"))
        status.labels = ["site": "berlin"]
        status.edge = StatusDocument.Edge(tunnel: "connected", detail: "to hub-1", hub: "hub-1", connectedSeconds: 3.5)
        status.models = [
            StatusDocument.Model(name: "mesh-tiny", engine: "embedded", isAsked: true),
            StatusDocument.Model(name: "claude", engine: "anthropic", isAsked: false),
        ]
        #expect(try StatusDocument(bytes: status.bytes) == status)
        status.models = []
        #expect(try StatusDocument(bytes: status.bytes).models == [])
        let refusal = ErrorDocument(code: "unknown_node", message: "nobody", requestID: "r-1")
        #expect(try ErrorDocument(bytes: refusal.bytes) == refusal)
        let field = ErrorDocument(code: "a", message: "b", requestID: "c", field: "d[1]", retryAfterSeconds: 29.5)
        #expect(try ErrorDocument(bytes: field.bytes) == field)
        var answer = try AnswerDocument(bytes: Self.example("answer"))
        (answer.session, answer.content, answer.cost, answer.privacy) = (nil, nil, nil, nil)
        answer.length = 7
        #expect(try AnswerDocument(bytes: answer.bytes) == answer)
        let start = AnswerStartDocument(request: "q", run: "r", session: nil, model: "m")
        #expect(try AnswerStartDocument(bytes: start.bytes) == start)
        for state in AskDocument.State.allCases {
            let ask = AskDocument(request: "q", state: state)
            #expect(try AskDocument(bytes: ask.bytes) == ask)
        }
        #expect(APIPath.escalation("a/ü~") == "/v1/escalate/a%2F%C3%BC~" && APIPath.session("a") == "/v1/sessions/a")
        var key = KeyDocument(
            id: "5pz04c8t",
            name: "ci",
            tenant: "main",
            scopes: ["chat", "read"],
            requestsPerMinute: 100,
            created: "2026-11-21T08:15:00.250Z",
            state: .revoked
        )
        (key.expires, key.revoked) = ("2027-02-19T08:15:00.250Z", "2026-11-22T08:15:00.250Z")
        let keys = KeysDocument(keys: [key, key], next: key.id)
        #expect(try KeysDocument(bytes: keys.bytes) == keys)
        let new = NewKeyDocument(key: key, text: "mesh_")
        #expect(try NewKeyDocument(bytes: new.bytes) == new)
        var wanted = KeyRequest(name: "ci", scopes: ["chat"])
        #expect(try KeyRequest(bytes: wanted.bytes) == wanted)
        (wanted.tenant, wanted.seconds, wanted.requestsPerMinute) = ("main", 60, 3)
        #expect(try KeyRequest(bytes: wanted.bytes) == wanted)
        for timeout in [nil, Duration.milliseconds(250)] {
            let command = CommandRequest(timeout: timeout)
            #expect(try CommandRequest(bytes: command.bytes) == command)
        }
    }

    @Test func `of accounts come back as they were written`() throws {
        var receipt = try ReceiptDocument(bytes: Self.example("receipt"))
        (receipt.id, receipt.charge, receipt.suspended) = (nil, nil, "operator")
        receipt.entry = .init(posting: "p", number: 7, amount: "25", available: "25")
        receipt.flushed = .init(identifier: "mesh|main|usage|1-7", amount: "5", time: "2026-11-21T08:15:00.250Z")
        receipt.closed = receipt.flushed
        for kind in ReceiptDocument.TopUp.Kind.allCases {
            receipt.topUp = .init(url: "https://example.org", kind: kind, amount: "25")
            #expect(try ReceiptDocument(bytes: receipt.bytes) == receipt)
        }
        var account = try AccountDocument(bytes: Self.example("balance"))
        (account.suspended, account.policy, account.customer) = ("ceiling", nil, "cus_1")
        #expect(try AccountDocument(bytes: account.bytes) == account)
        let usage = try AccountUsageDocument(bytes: Self.example("account-usage"))
        let row = AccountUsageDocument.Row(name: nil, sum: usage.total)
        #expect(try AccountUsageDocument.Row(bytes: row.bytes) == row)
        let waiting = OutboxDocument.Event(identifier: "e", amount: "5", time: "t", refusal: nil)
        let last = AccountsDocument(accounts: [], next: nil)
        #expect(try AccountsDocument(bytes: last.bytes) == last)
        let outbox = OutboxDocument(account: "main", events: [waiting])
        #expect(try OutboxDocument(bytes: outbox.bytes) == outbox)
        let proof = ProofDocument(account: "main", faults: ["the books do not balance"])
        #expect(try ProofDocument(bytes: proof.bytes) == proof)
        #expect(APIPath.ledger("balance") == "/v1/ledger/balance")
    }

    @Test func `pass over members that they do not know, and take null for nothing`() throws {
        let json = #"{"software":"meshnode/9","api":7,"role":"edge","node":null,"more":[1]}"#
        let version = try VersionDocument(bytes: Array(json.utf8))
        #expect(version.api == 7 && version.node == nil)
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"software":1,"api":1,"role":"hub"}"#, #"{"software":"x","api":1.5,"role":"hub"}"#,
    ])
    func `that lack what is promised are refused`(text: String) {
        #expect(throws: APIError(.malformed, "")) { try VersionDocument(bytes: Array(text.utf8)) }
    }

    @Test func `with a wrong part are refused whole`() throws {
        let wrong = [
            #"{"nodes":[{}]}"#, #"{"nodes":{}}"#, #"{"nodes":[3]}"#,
        ]
        for text in wrong { #expect(throws: APIError(.malformed, "")) { try NodesDocument(bytes: Array(text.utf8)) } }
        var node = try #require(try JSONReader.read(Self.example("node")).object)
        node["state"] = "asleep"
        #expect(throws: APIError(.malformed, "")) { try NodeDocument(json: .object(node)) }
        node["state"] = "gone"
        node["labels"] = ["site": 3]
        #expect(throws: APIError(.malformed, "")) { try NodeDocument(json: .object(node)) }
        let check = #"{"checks":[{"name":"disk","status":"bad","detail":"x"}]}"#
        #expect(throws: APIError(.malformed, "")) { try DoctorDocument(bytes: Array(check.utf8)) }
    }

    @Test func `of commands take a time to wait within its bound`() {
        let longest = Limits.API.longestTimeout.components.seconds * 1_000
        #expect(throws: Never.self) { try CommandRequest(bytes: Array("{\"timeout_ms\":\(longest)}".utf8)) }
        for wrong in ["0", "-1", "\(longest + 1)", "\"5s\"", "1.5"] {
            #expect(throws: APIError(.malformed, "")) {
                try CommandRequest(bytes: Array("{\"timeout_ms\":\(wrong)}".utf8))
            }
        }
    }

    @Test func `of an edge tell whether it has gone, which another link does not say`() throws {
        var json = try #require(try JSONReader.read(Self.example("node")).object)
        func hasGone(_ state: NodeDocument.State, _ arrivals: Int, _ relinks: Int) throws -> Bool {
            json["state"] = .string(state.rawValue)
            json["arrivals"] = .integer(Int64(arrivals))
            json["relinks"] = .integer(Int64(relinks))
            return try NodeDocument(json: .object(json)).hasGone(sinceArrival: 2)
        }
        #expect(try !hasGone(.draining, 2, 0))
        #expect(try !hasGone(.connected, 2, 1))
        #expect(try !hasGone(.suspected, 2, 0))
        #expect(try hasGone(.gone, 2, 0))
        #expect(try hasGone(.connected, 3, 0))
    }

    @Test func `of a doctor tell the worst`() {
        func found(_ statuses: DoctorDocument.Check.Status...) -> DoctorDocument.Check.Status {
            DoctorDocument(checks: statuses.map { .init(name: "x", status: $0, detail: "", advice: nil) }).worst
        }
        #expect(found() == .ok)
        #expect(found(.ok, .skipped) == .ok)
        #expect(found(.warning, .ok) == .warning)
        #expect(found(.warning, .failure, .ok) == .failure)
    }

    @Test func `stand where one spelling says`() {
        #expect(APIPath.command(.drain, to: "laptop-7") == "/v1/nodes/laptop-7/drain")
        #expect(Limits.API.maximumDocumentBytes > Limits.API.nodesPerPage * 4_096)
    }
}
