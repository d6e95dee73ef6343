internal import MeshAPI
internal import MeshCore
internal import MeshHTTP
internal import MeshIdentity
internal import MeshJSON

/// What whoever bills tells us, and the page on which a customer of it looks at invoices.
struct BillingRoutes: Sendable {
    /// Who takes it; nil where nobody bills.
    let port: (any BillingPort)?
    let clock: any Clock
    let room: CommandRoom
    /// How long taking a webhook in may last.
    let patience: Duration

    /// Adds them; before webhooks stands nobody, for their signature says whose they are.
    func add(to routes: inout RouterBuilder, behind operators: any Middleware) {
        let patience = RequestDeadline(patience, clock: clock)
        let webhooks: [any Middleware] = [BodyLimit(maximumBytes: Limits.Gateway.maximumWebhookBytes), patience]
        routes.group(middleware: webhooks) { routes in
            routes.on(.post, Path.at(APIPath.stripeWebhook)) { try await take($0) }
        }
        let limit = BodyLimit(maximumBytes: Limits.Gateway.maximumBodyBytes)
        routes.group(middleware: [operators, CommandGuard(), limit, patience]) { routes in
            routes.on(.post, Path.at(APIPath.portal)) { try await portal($0) }
        }
    }

    private func take(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let port else { throw HTTPRefusal.noBilling }
        let body = try await request.body.collect(upTo: Limits.Gateway.maximumWebhookBytes)
        let signatures = request.fields.values(of: Self.signature)
        let outcome = try await room.enter {
            await port.take(body, signature: signatures.count == 1 ? signatures[0] : nil)
        }
        switch outcome {
        case .taken: return Self.answer(["received": true])
        case .notSigned(let words): throw HTTPRefusal(.badRequest, "bad_signature", words)
        case .malformed: throw HTTPRefusal(.badRequest, "bad_request", "this tells of no event")
        case .notNow:
            throw HTTPRefusal(
                .serviceUnavailable,
                "not_now",
                "this cannot be taken in now: tell it again",
                fields: [.retryAfter: "\(Limits.Gateway.retryAfter.components.seconds)"]
            )
        }
    }

    private func portal(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let port else { throw HTTPRefusal.noBilling }
        guard let caller = request[CallerNote.self] else { throw HTTPRefusal.starting }
        do throws(BillingProblem) {
            return Self.answer(["url": .string(try await port.portal(of: caller.tenant))])
        } catch {
            switch error {
            case .nobody: throw HTTPRefusal.noBilling
            case .failed:
                throw HTTPRefusal(.badGateway, "billing_failed", "whoever bills does not answer as it should")
            }
        }
    }

    private static func answer(_ value: JSONValue) -> HTTPResponse {
        HTTPResponse(
            .ok,
            fields: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .bytes(JSONWriter.bytes(of: value))
        )
    }

    private static let signature = HTTPFieldName(known: "stripe-signature")
}

extension HTTPRefusal {
    /// What is asked of a node that is told nothing by Stripe.
    static let noBilling = HTTPRefusal(.notFound, "no_billing", "nobody bills on this node: see stripe.keyFile")
}
