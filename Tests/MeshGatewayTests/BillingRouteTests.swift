import MeshActors
import MeshCore
import MeshGateway
import MeshHTTP
import MeshTestKit
import Testing

/// A test double of whoever bills: answers by a script, and remembers what it was told.
final class ScriptedBilling: BillingPort {
    let outcome: WebhookOutcome
    let taken = Lock<[(body: String, signature: String?)]>([])
    let entered = Watched(0)
    /// Opened by a test; a request that is cancelled does not wait for it.
    let released = OneShot<Bool>()
    private let holds: Bool

    init(_ outcome: WebhookOutcome = .taken, holds: Bool = false) {
        self.outcome = outcome
        self.holds = holds
    }

    func take(_ body: [UInt8], signature: String?) async -> WebhookOutcome {
        taken.withLock { $0.append((String(decoding: body, as: UTF8.self), signature)) }
        entered.change { $0 += 1 }
        if holds { _ = try? await released.wait() }
        return outcome
    }

    func portal(of account: TenantID) async throws(BillingProblem) -> String {
        switch outcome {
        case .taken: return "https://billing.example/\(account.text)"
        case .notNow: throw .failed
        default: throw .nobody
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct `What whoever bills tells` {
    private static let path = "/v1/webhooks/stripe"
    private static let portal = "/v1/billing/portal"
    private static let signature = HTTPFieldName(known: "stripe-signature")

    @Test func `is taken in as it came, with its signature and without a key`() async throws {
        let billing = ScriptedBilling()
        try await GatewayGround.run(reach: .network, billing: billing) { ground in
            let fields: HTTPFields = [.contentType: "application/json", Self.signature: "t=1,v1=ab"]
            let answer = try await ground.ask(.post, Self.path, fields, body: "{ \"a\" : 1 }\n")
            #expect(answer == (200, "{\"received\":true}"))
            let taken = billing.taken.withLock { $0 }
            #expect(taken.map(\.body) == ["{ \"a\" : 1 }\n"])
            #expect(taken.map(\.signature) == ["t=1,v1=ab"])
        }
    }

    @Test func `twice signed counts as not signed`() async throws {
        let billing = ScriptedBilling()
        try await GatewayGround.run(billing: billing) { ground in
            _ = try await ground.ask(.post, Self.path, [Self.signature: "t=1", Self.signature: "t=2"])
            #expect(billing.taken.withLock { $0 }.map(\.signature) == [nil])
        }
    }

    @Test func `is refused in the words that make Stripe do the right thing`() async throws {
        let rows: [(WebhookOutcome, UInt16, String)] = [
            (.notSigned("no"), 400, "bad_signature"), (.malformed, 400, "bad_request"), (.notNow, 503, "not_now"),
        ]
        for (outcome, status, code) in rows {
            try await GatewayGround.run(billing: ScriptedBilling(outcome)) { ground in
                let answer = try await ground.ask(.post, Self.path)
                #expect(answer.status == status)
                #expect(try ground.code(answer.text) == code)
            }
        }
        try await GatewayGround.run { ground in
            let answer = try await ground.ask(.post, Self.path)
            #expect(try answer.status == 404 && ground.code(answer.text) == "no_billing")
        }
    }

    @Test func `is bounded in size, in number and in time`() async throws {
        #expect(Limits.Gateway.maximumWebhooks == 32)
        #expect(Limits.Gateway.webhookPatience == .seconds(20))
        var bounds = Gateway.Bounds()
        bounds.webhooks = 1
        let billing = ScriptedBilling(holds: true)
        try await GatewayGround.run(billing: billing, bounds: bounds) { ground in
            let most = Limits.Gateway.maximumWebhookBytes
            let long = try await ground.ask(.post, Self.path, body: String(repeating: " ", count: most + 1))
            #expect(long.status == 413)
            async let first = ground.ask(.post, Self.path, body: String(repeating: " ", count: most))
            await billing.entered.wait { $0 == 1 }
            let second = try await ground.ask(.post, Self.path)
            #expect(try second.status == 503 && ground.code(second.text) == "overloaded")
            billing.released.open(true)
            #expect(try await first.status == 200)
        }
        bounds.webhookPatience = .milliseconds(20)
        let slow = ScriptedBilling(holds: true)
        try await GatewayGround.run(billing: slow, bounds: bounds) { ground in
            async let answer = ground.ask(.post, Self.path)
            await slow.entered.wait { $0 == 1 }
            let told = try await answer.status
            #expect(told == 504)
        }
    }

    @Test func `has a page for invoices, for operators`() async throws {
        try await GatewayGround.run(billing: ScriptedBilling()) { ground in
            let answer = try await ground.ask(.post, Self.portal)
            #expect(answer.status == 200 && answer.text.contains("https://billing.example/"))
        }
        try await GatewayGround.run(reach: .network, billing: ScriptedBilling()) { ground in
            let toldNext = try await ground.ask(.post, Self.portal).status
            #expect(toldNext == 401)
        }
        for (outcome, status) in [(WebhookOutcome.notNow, UInt16(502)), (.malformed, 404)] {
            try await GatewayGround.run(billing: ScriptedBilling(outcome)) { ground in
                let toldLast = try await ground.ask(.post, Self.portal).status
                #expect(toldLast == status)
            }
        }
    }
}
