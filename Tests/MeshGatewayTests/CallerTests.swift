import MeshAPI
import MeshChat
import MeshCore
import MeshDialects
import MeshGateway
import MeshHTTP
import MeshIdentity
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Keys at a gateway` {
    /// What is shown, and what is answered to a chat on a listener of the loopback and on any other.
    static let table: [(HTTPFields, loopback: UInt16, network: UInt16)] = [
        ([:], 200, 401),
        ([.authorization: "Bearer mesh_chat"], 200, 200),
        ([.authorization: "bearer   mesh_chat "], 200, 200),
        ([.apiKey: "mesh_chat"], 200, 200),
        ([.apiKey: "mesh_chat", .authorization: "Bearer mesh_chat"], 200, 200),
        ([.apiKey: "mesh_chat", .authorization: "Bearer mesh_read"], 401, 401),
        ([.apiKey: "mesh_chat", .apiKey: "mesh_operate"], 401, 401),
        // SDKs do not start without a key, so people give them anything.
        ([.apiKey: "sk-none"], 200, 401),
        ([.authorization: "Bearer dummy", .apiKey: "another"], 200, 401),
        ([.authorization: "Bearer dummy", .apiKey: "mesh_chat"], 200, 401),
        ([.authorization: "Basic bWVzaF9jaGF0Og=="], 200, 401),
        ([.authorization: "Bearer"], 200, 401),
        ([.authorization: "Bearer "], 200, 401),
        ([.apiKey: ""], 200, 401),
        // One of ours must count.
        ([.apiKey: "mesh_"], 401, 401),
        ([.apiKey: "mesh_gone"], 401, 401),
        ([.apiKey: "mesh_old"], 401, 401),
        ([.apiKey: "mesh_" + String(repeating: "a", count: 600)], 401, 401),
        ([.apiKey: "mesh_early"], 503, 503),
        ([.apiKey: "mesh_read"], 403, 403),
    ]

    @Test(arguments: [GatewayReach.thisMachine, .network])
    func `are needed where others can reach the listener, and count wherever they are shown`(
        reach: GatewayReach
    ) async throws {
        try await GatewayGround.run(reach: reach) { ground in
            for (shown, loopback, network) in Self.table {
                for dialect in ChatDialect.both {
                    var fields = dialect.fields
                    fields.append(contentsOf: shown)
                    let answer = try await ground.chat(dialect, "echo", fields: fields)
                    #expect(answer.status == (reach == .network ? network : loopback), "\(shown.all)")
                }
            }
            let keys = Set(ground.chat.calls.withLock { $0.map(\.caller.key) })
            #expect(keys == (reach == .network ? ["chat"] : ["chat", nil]))
        }
    }

    @Test func `are needed on the loopback too where the node wants one`() async throws {
        try await GatewayGround.run(callers: ScriptedCallers(needsKey: true)) { ground in
            for (shown, _, network) in Self.table {
                var fields = ChatDialect.openAI.fields
                fields.append(contentsOf: shown)
                let answer = try await ground.chat(.openAI, "echo", fields: fields)
                #expect(answer.status == network, "\(shown.all)")
                // Nobody else reaches it, and it does not say so.
                #expect(!answer.text.contains("other machines"))
            }
        }
    }

    @Test(arguments: [GatewayReach.thisMachine, .network])
    func `are not looked at where none counts, and then others are answered nothing`(reach: GatewayReach) async throws {
        try await GatewayGround.run(reach: reach, callers: ScriptedCallers(knowsKeys: false)) { ground in
            for (shown, _, _) in Self.table {
                var fields = ChatDialect.openAI.fields
                fields.append(contentsOf: shown)
                let answer = try await ground.chat(.openAI, "echo", fields: fields)
                #expect(answer.status == (reach == .network ? 403 : 200), "\(shown.all)")
            }
        }
    }

    /// What is asked, and the scope that it needs.
    static let routes: [(HTTPMethod, String, String)] = [
        (.get, APIPath.version, "read"), (.get, APIPath.status, "read"), (.get, APIPath.nodes, "read"),
        (.get, "/v1/nodes/edge-1", "read"), (.get, "/v1/nothing", "read"), (.get, APIPath.doctor, "operate"),
        (.post, "/v1/nodes/edge-1/ping", "operate"), (.get, APIPath.models, "chat"), (.get, "/v1/models/echo", "chat"),
        (.post, "/v1/chat/completions", "chat"), (.post, "/v1/chat/nothing", "chat"), (.post, "/v1/messages", "chat"),
    ]

    @Test(arguments: [GatewayReach.thisMachine, .network])
    func `are for what their scopes say`(reach: GatewayReach) async throws {
        try await GatewayGround.run(reach: reach) { ground in
            for (method, path, needed) in Self.routes {
                for scope in ["chat", "read", "operate"] {
                    let fields: HTTPFields = [.contentType: "application/json", .apiKey: "mesh_\(scope)"]
                    let answer = try await ground.take(method, path, fields)
                    #expect((answer.status == 403) == (scope != needed), "\(path) \(scope) \(answer.status)")
                    if scope != needed { #expect(answer.text.contains("'\(needed)'"), "\(path)") }
                }
                let nobody = try await ground.take(method, path, [.contentType: "application/json"])
                #expect((nobody.status == 401) == (reach == .network), "\(path)")
            }
        }
    }

    @Test func `are told apart for programs, and nothing of them is told`() async throws {
        try await GatewayGround.run(reach: .network) { ground in
            for (key, code) in [
                ("mesh_gone", "unknown_key"), ("mesh_old", "expired_key"), ("", "no_key"),
                ("mesh_typo", "malformed_key"),
            ] {
                let fields: HTTPFields = key.isEmpty ? [:] : [.apiKey: key]
                let answer = try await ground.take(.get, APIPath.status, fields)
                #expect(try (answer.status, ground.code(answer.text)) == (401, code))
                #expect(answer["www-authenticate"] == "Bearer realm=\"meshnode\"")
                #expect(key.isEmpty || !answer.text.contains(key))
                #expect((key == "mesh_typo") == answer.text.contains("not spelled right"))
            }
            #expect(!ground.log.records.description.contains("mesh_"))
        }
    }
}
