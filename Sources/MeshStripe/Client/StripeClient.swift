package import MeshCore
package import MeshHTTP
internal import MeshJSON

/// Asks Stripe: forms out, JSON in, with a key that is in no log.
///
/// What another try may mend is tried again here, a few times, after drawn pauses; what is left is the caller's. Every
/// request that changes something carries an `Idempotency-Key`, so that trying it again does nothing twice.
package final class StripeClient: Sendable {
    /// How it is set up.
    package struct Configuration: Sendable {
        /// Where Stripe is.
        package var base = "https://api.stripe.com"
        /// How often a request is sent at most.
        package var attempts = Limits.Stripe.maximumAttempts
        /// The bound of the first drawn pause.
        package var firstPause = Limits.Stripe.firstPause
        /// The bound of any drawn pause.
        package var longestPause = Limits.Stripe.longestPause
        /// How long to wait for what.
        package var timeouts = ClientTimeouts(
            waiting: .seconds(10),
            connect: .seconds(10),
            firstByte: .seconds(30),
            idle: .seconds(30),
            whole: .seconds(60)
        )

        /// Stripe itself.
        package init() {}
    }

    /// The version of Stripe's API that this module was written against.
    package static let version = "2026-10-28.endive"

    private let base: String
    private let key: StripeSecret
    private let client: HTTPClient
    private let clock: any Clock
    private let timeouts: ClientTimeouts
    private let retries: StripeRetries
    private let generator: Lock<SeededGenerator>

    /// Asks by `key` through `client`, which is closed by whoever made it.
    ///
    /// Throws `misconfigured` where the address is none, or would show the key to the network.
    package init(
        _ configuration: Configuration = Configuration(),
        key: StripeSecret,
        client: HTTPClient,
        clock: any Clock,
        generator: SeededGenerator
    ) throws(StripeError) {
        base = try Self.checked(base: configuration.base)
        self.key = key
        self.client = client
        self.clock = clock
        timeouts = configuration.timeouts
        retries = StripeRetries(
            attempts: configuration.attempts,
            firstPause: configuration.firstPause,
            longestPause: configuration.longestPause
        )
        self.generator = Lock(generator)
    }

    /// `base` without its last slash; throws where the key would travel in the clear to another machine.
    package static func checked(base: String) throws(StripeError) -> String {
        var base = base
        while base.last == "/" { base.removeLast() }
        let url: ClientURL
        do throws(HTTPError) { url = try ClientURL(base) } catch {
            throw StripeError(.misconfigured, "the address of Stripe is none: \(error.message)")
        }
        let host = url.origin.host
        let isHere = host == "localhost" || host == "::1" || (IPAddress(host) != nil && host.hasPrefix("127."))
        guard url.origin.scheme == .https || isHere else {
            throw StripeError(.misconfigured, "Stripe's address must begin with https://: a key must not be seen")
        }
        return base
    }

    // MARK: Requests

    /// What Stripe has answered, whatever it is.
    struct Answer: Sendable {
        let status: Int
        let value: JSONValue

        /// Its words, where it said no.
        var refusal: StripeRefusal {
            let error = value["error"]
            return StripeRefusal(status: status, code: error?["code"]?.text, message: error?["message"]?.text)
        }

        /// What it brought; throws where it said no.
        func content() throws(StripeError) -> JSONValue {
            if (200..<300).contains(status) { return value }
            let refusal = refusal
            let word = refusal.code ?? "status \(status)"
            switch status {
            case 401, 403: throw StripeError(.badKey, "Stripe does not take the key: \(word)", cause: refusal)
            case 404: throw StripeError(.notFound, "Stripe has no such thing: \(word)", cause: refusal)
            case 408, 409, 429, 500...:
                throw StripeError(.unwell, "Stripe does not do it now: \(word)", cause: refusal)
            default: throw StripeError(.refused, "Stripe will not do it: \(word)", cause: refusal)
            }
        }
    }

    /// Posts `form` to `path`; `idempotencyKey` is the same for what must happen once.
    func post(_ path: String, _ form: FormBody, idempotencyKey: String) async throws(StripeError) -> Answer {
        try await send(.post, path, form.text, idempotencyKey: idempotencyKey)
    }

    /// Gets `path`, to which `query` belongs.
    func get(_ path: String, _ query: FormBody = FormBody()) async throws(StripeError) -> Answer {
        try await send(.get, query.text.isEmpty ? path : "\(path)?\(query.text)", nil, idempotencyKey: nil)
    }

    private func send(
        _ method: HTTPMethod,
        _ target: String,
        _ body: String?,
        idempotencyKey: String?
    ) async throws(StripeError) -> Answer {
        let url: ClientURL
        do throws(HTTPError) { url = try ClientURL(base + target) } catch {
            throw StripeError(.refused, "what is asked for has no address: \(error.message)")
        }
        var renewals = 0
        var number = 1
        while true {
            var request = ClientRequest(method, url, fields: fields, timeouts: timeouts)
            if let body {
                request.body = .bytes(Array(body.utf8))
                request.fields.append(.contentType, "application/x-www-form-urlencoded")
            }
            if let idempotencyKey {
                request.fields.append(Self.keyField, renewals == 0 ? idempotencyKey : "\(idempotencyKey)~\(renewals)")
            }
            let (result, outcome) = await attempt(request)
            let step = generator.withLock { retries.step(after: outcome, number: number, using: &$0) }
            guard case .again(let pause, let renewsKey) = step, !Task.isCancelled else { return try result.get() }
            renewals += renewsKey ? 1 : 0
            number += 1
            do { try await clock.sleep(for: pause) } catch { return try result.get() }
        }
    }

    /// A number that no other request of this life is likely to have.
    func draw() -> UInt64 { generator.withLock { $0.next() } }

    private var fields: HTTPFields {
        [
            .authorization: "Bearer \(key.text)", Self.versionField: Self.version, .accept: "application/json",
        ]
    }

    /// One try.
    private func attempt(
        _ request: ClientRequest
    ) async -> (result: Result<Answer, StripeError>, outcome: StripeRetries.Outcome) {
        let response: ClientResponse
        let bytes: [UInt8]
        do throws(HTTPError) {
            response = try await client.send(request)
            bytes = try await response.body.collect(upTo: Limits.Stripe.maximumAnswerBytes)
        } catch {
            if error.code == .tooLarge {
                return (.failure(StripeError(.malformed, "Stripe's answer is too long")), .answer(0))
            }
            let failure = StripeError(.unreachable, "Stripe does not answer: \(error.message)", cause: error)
            return (.failure(failure), .noAnswer)
        }
        let status = Int(response.status.code)
        let outcome = StripeRetries.Outcome.answer(
            status: status,
            advice: response.fields[Self.adviceField].flatMap { $0 == "true" ? true : $0 == "false" ? false : nil },
            retryAfter: response.fields[.retryAfter].flatMap { UInt32($0) }.map { .seconds(Int64($0)) }
        )
        let value: JSONValue
        do throws(JSONError) { value = try JSONReader.read(bytes) } catch {
            // A proxy's page in place of Stripe's words; the status still says what to do.
            guard (200..<300).contains(status) else { return (.success(Answer(status: status, value: .null)), outcome) }
            return (.failure(StripeError(.malformed, "Stripe's answer is no JSON", cause: error)), outcome)
        }
        return (.success(Answer(status: status, value: value)), outcome)
    }

    private static let keyField = HTTPFieldName(known: "idempotency-key")
    private static let versionField = HTTPFieldName(known: "stripe-version")
    private static let adviceField = HTTPFieldName(known: "stripe-should-retry")
}

extension StripeRetries.Outcome {
    /// An answer that says nothing beside its status.
    static func answer(_ status: Int) -> Self { .answer(status: status, advice: nil, retryAfter: nil) }
}
