import MeshAPI
import MeshCore
import MeshGateway
import MeshHTTP
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A gateway` {
    private static func node(_ name: String) -> NodeDocument {
        NodeDocument(
            node: name,
            tenant: "main",
            state: .connected,
            since: "then",
            sinceSeconds: 1,
            address: "192.0.2.7:4000",
            software: "test/1",
            labels: [:],
            certificateEnds: "later",
            certificateSeconds: 1,
            arrivals: 1,
            relinks: 0,
            isResumed: false
        )
    }

    @Test func `tells what its node is and how it stands`() async throws {
        try await GatewayGround.run { ground in
            let version = try await ground.ask(.get, APIPath.version)
            #expect(version.status == 200)
            #expect(try VersionDocument(bytes: Array(version.text.utf8)).node == "hub-1")
            let status = try await ground.ask(.get, APIPath.status)
            #expect(try StatusDocument(bytes: Array(status.text.utf8)).isReady)
            let doctor = try await ground.ask(.get, APIPath.doctor)
            #expect(try DoctorDocument(bytes: Array(doctor.text.utf8)).checks.isEmpty)
            #expect(Limits.Gateway.doctorPatience > .seconds(1))
        }
    }

    @Test func `lists edges, and tells one of them`() async throws {
        try await GatewayGround.run { ground in
            ground.ports.script.withLock { $0.nodes = [Self.node("edge-1"), Self.node("edge-2")] }
            let list = try await ground.ask(.get, "/v1/nodes?label=site%3Dberlin&limit=7")
            #expect(try NodesDocument(bytes: Array(list.text.utf8)).nodes.map(\.node) == ["edge-1", "edge-2"])
            let query = try #require(ground.ports.script.withLock { $0.queries.last })
            #expect(query.limit == 7 && query.labels.map(\.description) == ["site=berlin"])
            let one = try await ground.ask(.get, "/v1/nodes/edge-2")
            #expect(try NodeDocument(bytes: Array(one.text.utf8)).node == "edge-2")
            let none = try await ground.ask(.get, "/v1/nodes/edge-3")
            #expect(try (none.status, ground.code(none.text)) == (404, "unknown_node"))
            let wrong = try await ground.ask(.get, "/v1/nodes?page=2")
            #expect(try (wrong.status, ground.code(wrong.text)) == (400, "bad_request"))
            let noName = try await ground.ask(.get, "/v1/nodes/EDGE")
            #expect(try (noName.status, ground.code(noName.text)) == (404, "not_found"))
            ground.ports.script.withLock { $0.nodes = nil }
            let early = try await ground.ask(.get, "/v1/nodes")
            #expect(try (early.status, ground.code(early.text)) == (503, "not_now"))
        }
    }

    @Test func `of an edge knows no others`() async throws {
        try await GatewayGround.run(isHub: false) { ground in
            #expect(try await ground.ask(.get, APIPath.status).status == 200)
            for target in ["/v1/nodes", "/v1/nodes/edge-1"] {
                let answer = try await ground.ask(.get, target)
                #expect(try (answer.status, ground.code(answer.text)) == (404, "not_a_hub"))
            }
            let command = try await ground.ask(.post, "/v1/nodes/edge-1/ping")
            #expect(try ground.code(command.text) == "not_a_hub")
        }
    }

    @Test func `hands commands on, with the time that they may take`() async throws {
        try await GatewayGround.run { ground in
            let ping = try await ground.ask(.post, "/v1/nodes/edge-1/ping")
            #expect(try PingDocument(bytes: Array(ping.text.utf8)).node == "edge-1")
            let renew = try await ground.ask(.post, "/v1/nodes/edge-1/renew", body: "")
            #expect(try RenewDocument(bytes: Array(renew.text.utf8)).certificateEnds == "then")
            let drain = try await ground.ask(.post, "/v1/nodes/edge-1/drain", body: #"{"timeout_ms":250}"#)
            #expect(try DrainDocument(bytes: Array(drain.text.utf8)).patienceMilliseconds == 5_000)
            let timeouts = ground.ports.script.withLock { $0.timeouts }
            #expect(timeouts == [Limits.Gateway.pingTimeout, Limits.Gateway.renewTimeout, .milliseconds(250)])
            _ = try await ground.ask(.post, "/v1/nodes/edge-1/drain")
            #expect(ground.ports.script.withLock { $0.timeouts.last } == Limits.Gateway.drainTimeout)
            #expect(try await ground.ask(.get, "/v1/nodes/edge-1/drain").status == 405)
        }
    }

    @Test(arguments: [
        (NodeCommandErrorCode.unknownNode, UInt16(404), "unknown_node"), (.notConnected, 409, "not_connected"),
        (.timedOut, 504, "node_timed_out"), (.lost, 502, "node_lost"), (.refused, 409, "node_refused"),
        (.notSupported, 502, "node_too_old"), (.overloaded, 503, "node_overloaded"), (.notNow, 503, "not_now"),
    ])
    func `says why a command came to nothing`(
        failure: NodeCommandErrorCode,
        status: UInt16,
        code: String
    ) async throws {
        try await GatewayGround.run { ground in
            ground.ports.script.withLock { $0.failure = failure }
            let answer = try await ground.ask(.post, "/v1/nodes/edge-1/renew")
            #expect(try (answer.status, ground.code(answer.text)) == (status, code))
            #expect(try ErrorDocument(bytes: Array(answer.text.utf8)).message == "because")
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `Commands at a gateway` {
    private static let json: HTTPFields = [.contentType: "application/json"]

    private static func fields(_ more: (HTTPFieldName, String)...) -> HTTPFields {
        more.reduce(into: json) { $0.append($1.0, $1.1) }
    }

    @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", nil])
    func `are JSON, and say so`(type: String?) async throws {
        try await GatewayGround.run { ground in
            let fields: HTTPFields = type.map { [.contentType: $0] } ?? HTTPFields()
            let answer = try await ground.ask(.post, "/v1/nodes/edge-1/drain", fields)
            #expect(try (answer.status, ground.code(answer.text)) == (415, "unsupported_media_type"))
            let good = try await ground.ask(
                .post,
                "/v1/nodes/edge-1/ping",
                [.contentType: "Application/JSON; charset=utf-8"]
            )
            #expect(good.status == 200)
            #expect(ground.ports.script.withLock { $0.timeouts.count } == 1)
        }
    }

    @Test func `of pages of other origins are refused`() async throws {
        try await GatewayGround.run { ground in
            let target = "/v1/nodes/edge-1/drain"
            let own = "http://127.0.0.1:\(ground.port)"
            for fields in [
                Self.fields((.origin, "http://evil.test")), Self.fields((.origin, "null")),
                Self.fields((.origin, own), (.origin, "http://evil.test")), Self.fields((.fetchSite, "cross-site")),
                Self.fields((.fetchSite, "same-site")), Self.fields((.origin, own), (.fetchSite, "cross-site")),
            ] {
                let answer = try await ground.ask(.post, target, fields)
                #expect(try (answer.status, ground.code(answer.text)) == (403, "foreign_origin"))
            }
            #expect(ground.ports.script.withLock { $0.timeouts.isEmpty })
            let page = Self.fields((.origin, own), (.fetchSite, "same-origin"))
            #expect(try await ground.ask(.post, target, page).status == 200)
        }
    }

    @Test func `and the doctor are not for pages of other origins`() async throws {
        try await GatewayGround.run { ground in
            let own = "http://127.0.0.1:\(ground.port)"
            for fields: HTTPFields in [
                [.origin: "http://evil.test"], [.fetchSite: "cross-site"], [.fetchSite: "same-site"],
            ] {
                let answer = try await ground.ask(.get, APIPath.doctor, fields)
                #expect(try (answer.status, ground.code(answer.text)) == (403, "foreign_origin"))
                // What costs nothing is told to all.
                #expect(try await ground.ask(.get, APIPath.status, fields).status == 200)
            }
            #expect(ground.ports.script.withLock { $0.looks } == 0)
            for fields: HTTPFields in [[:], [.fetchSite: "none"], [.fetchSite: "same-origin", .origin: own]] {
                #expect(try await ground.ask(.get, APIPath.doctor, fields).status == 200)
            }
            #expect(ground.ports.script.withLock { $0.looks } == 3)
        }
    }

    @Test func `and all else are not for others where nobody can show a key`() async throws {
        try await GatewayGround.run(reach: .network, hasKeys: false) { ground in
            for target in [APIPath.doctor, APIPath.status, APIPath.nodes, "/v1/nothing"] {
                let answer = try await ground.ask(.get, target)
                #expect(try (answer.status, ground.code(answer.text)) == (403, "not_from_here"))
            }
            let answer = try await ground.ask(.post, "/v1/nodes/edge-1/drain")
            #expect(try (answer.status, ground.code(answer.text)) == (403, "not_from_here"))
            #expect(try ErrorDocument(bytes: Array(answer.text.utf8)).message.contains("loopback"))
            #expect(ground.ports.script.withLock { $0.timeouts.isEmpty && $0.looks == 0 })
        }
    }

    @Test func `with a body that is wrong or too long reach no edge`() async throws {
        try await GatewayGround.run { ground in
            let target = "/v1/nodes/edge-1/ping"
            for body in ["{", "[]", #"{"timeout_ms":0}"#, #"{"timeout_ms":"soon"}"#] {
                let answer = try await ground.ask(.post, target, body: body)
                #expect(try (answer.status, ground.code(answer.text)) == (400, "bad_request"))
            }
            let long = String(repeating: " ", count: Limits.Gateway.maximumBodyBytes) + "{}"
            #expect(try await ground.ask(.post, target, body: long).status == 413)
            #expect(ground.ports.script.withLock { $0.timeouts.isEmpty })
        }
    }

    @Test func `beyond those that may be under way are told to come again`() async throws {
        var bounds = Gateway.Bounds()
        bounds.commands = 2
        try await GatewayGround.run(bounds: bounds) { ground in
            ground.ports.isHolding.withLock { $0 = true }
            try await withThrowingTaskGroup(of: UInt16.self) { group in
                for _ in 0..<2 { group.addTask { try await ground.ask(.post, "/v1/nodes/edge-1/ping").status } }
                await ground.ports.held.wait { $0 == 2 }
                let third = try await ground.ask(.post, "/v1/nodes/edge-1/ping")
                #expect(try (third.status, ground.code(third.text)) == (503, "overloaded"))
                ground.ports.released.change { $0 = true }
                for try await status in group { #expect(status == 200) }
            }
            #expect(try await ground.ask(.post, "/v1/nodes/edge-1/ping").status == 200)
            #expect(Limits.Gateway.maximumCommands == 32 && Limits.Gateway.retryAfter == .seconds(1))
        }
    }
}
