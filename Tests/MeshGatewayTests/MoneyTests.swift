import MeshAPI
import MeshChat
import MeshCore
import MeshDialects
import MeshGateway
import MeshHTTP
import MeshJSON
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Money at a gateway` {
    private static let members = [
        "action": "suspend_cloud_access", "needed": "$0.011", "available": "$0.001",
        "topup_url": "https://pay.example/acme",
    ]

    private static func told(_ value: JSONValue?) -> [String: String] {
        members.keys.reduce(into: [:]) { $0[$1] = value?[$1]?.text }
    }

    @Test(arguments: ChatDialect.both, [false, true])
    func `that nobody pays is a 402 with all that a program needs, inside the error that its SDK reads`(
        dialect: ChatDialect,
        streamed: Bool
    ) async throws {
        try await GatewayGround.run { ground in
            let answer = try await ground.chat(dialect, "poor", streamed: streamed)
            let error = try answer.json["error"]
            #expect(answer.status == 402 && answer["retry-after"] == nil && answer["x-should-retry"] == nil)
            #expect(Self.told(error) == Self.members)
            #expect(error?["type"]?.text == (dialect == .openAI ? "insufficient_quota" : "billing_error"))
            #expect(error?["code"]?.text == "credit_ceiling_exceeded" && error?["message"]?.text == "as asked")
        }
    }

    @Test(arguments: [APIPath.escalate, APIPath.stream])
    func `that nobody pays is told flat where no SDK reads it`(path: String) async throws {
        try await GatewayGround.run { ground in
            let answer = try await ground.question(`Questions over HTTP`.body("poor"), at: path)
            let json = try answer.json
            #expect(answer.status == 402 && answer["retry-after"] == nil)
            #expect(json["error"]?.text == "credit_ceiling_exceeded" && Self.told(json) == Self.members)
            let document = try ErrorDocument(json: json)
            #expect(document.code == "credit_ceiling_exceeded" && document.message == "as asked")
            #expect(document.credit?.needed == "$0.011" && document.credit?.topUpURL == "https://pay.example/acme")
            #expect(document.requestID == answer["x-request-id"] && document.json == json)
        }
    }

    @Test(arguments: ChatDialect.both)
    func `that was charged stands in fields of a whole chat, and in a comment of a stream`(
        dialect: ChatDialect
    ) async throws {
        try await GatewayGround.run { ground in
            let whole = try await ground.chat(dialect, "charged")
            #expect(whole["x-mesh-upstream-cost"] == "$0.0105" && whole["x-mesh-fee"] == "$0.000315")
            #expect(whole["x-mesh-total"] == "$0.010815")
            #expect(whole["x-mesh-funded-by"] == "knowledge=$0.01, metered=$0.000815")
            let streamed = try await ground.chat(dialect, "charged", streamed: true)
            let comment = ": x-mesh-upstream-cost: $0.0105; x-mesh-fee: $0.000315; x-mesh-total: $0.010815; "
            #expect(streamed.text.contains("\n\n\(comment)x-mesh-funded-by: knowledge=$0.01, metered=$0.000815\n\n"))
            #expect(streamed["x-mesh-total"] == nil)
            let free = try await ground.chat(dialect, "echo")
            #expect(free["x-mesh-total"] == nil)
            let quiet = try await ground.chat(dialect, "echo", streamed: true)
            #expect(!quiet.text.contains("x-mesh-"))
        }
    }

    @Test func `that was charged stands in an answer, and in the end of its stream`() async throws {
        try await GatewayGround.run { ground in
            let whole = try AnswerDocument(json: try await ground.question(`Questions over HTTP`.body("charged")).json)
            let stream = try await ground.question(`Questions over HTTP`.body("charged"), at: APIPath.stream).events
            let end = try AnswerDocument(json: try #require(stream.last).data)
            for document in [whole, end] {
                let cost = try #require(document.cost)
                #expect(cost.nanodollars == 10_815_000 && cost.display == "$0.011")
                let parts = try #require(cost.parts)
                #expect(parts.upstream == "$0.0105" && parts.fee == "$0.000315" && parts.total == "$0.010815")
                #expect(parts.fundedBy.map(\.name) == ["knowledge", "granted", "paid", "metered"])
                #expect(parts.fundedBy.map(\.amount) == ["$0.01", "$0.00", "$0.00", "$0.000815"])
                #expect(try AnswerDocument.Cost(json: cost.json) == cost)
            }
            let plain = try AnswerDocument(json: try await ground.question(`Questions over HTTP`.body()).json)
            #expect(plain.cost?.parts == nil)
        }
    }
}
