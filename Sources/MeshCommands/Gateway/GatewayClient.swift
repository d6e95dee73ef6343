package import MeshAPI
internal import MeshCore
package import MeshHTTP
package import MeshJSON

/// Asks one gateway.
package struct GatewayClient: Sendable {
    /// An answer: as it was understood, and as it came.
    package struct Answer<Document: APIDocument>: Sendable {
        /// As it was understood.
        package let document: Document
        /// As it came, with what this program does not know.
        package let json: JSONValue
    }

    /// Where it is.
    package let place: GatewayPlace
    /// What it has said that it is, where nobody has named it: `edge` or `hub`.
    let guessedRole: String?
    private let client: HTTPClient
    private let key: String?

    /// Asks the gateway at `place` by `client`, and shows it `key`.
    package init(_ place: GatewayPlace, _ client: HTTPClient, key: String? = nil, guessedRole: String? = nil) {
        self.place = place
        self.guessedRole = guessedRole
        self.key = key
        self.client = client
    }

    /// What lies at `target`.
    package func get<Document: APIDocument>(
        _ target: String,
        as _: Document.Type,
        within timeout: Duration = Limits.Commands.answerTimeout
    ) async throws(GatewayFailure) -> Answer<Document> {
        try await send(.get, target, .empty, timeout)
    }

    /// Sends `command` to the edge `node`.
    package func send<Document: APIDocument>(
        _ command: NodeCommand,
        to node: String,
        timeout: Duration,
        as _: Document.Type
    ) async throws(GatewayFailure) -> Answer<Document> {
        let body = ClientRequest.Body.bytes(CommandRequest(timeout: timeout).bytes)
        let target = APIPath.command(command, to: node)
        return try await send(.post, target, body, timeout + Limits.Commands.answerTimeout)
    }

    private func send<Document: APIDocument>(
        _ method: HTTPMethod,
        _ target: String,
        _ body: ClientRequest.Body,
        _ timeout: Duration
    ) async throws(GatewayFailure) -> Answer<Document> {
        let (_, json) = try await exchange(method, target, body, within: timeout)
        do throws(APIError) {
            return Answer(document: try Document(json: json), json: json)
        } catch {
            throw GatewayFailure(.notAGateway, "what answers at \(place) is no gateway: \(error.message)")
        }
    }

    /// The document that answers a request, or null where the answer is empty; throws where the gateway says no.
    package func exchange(
        _ method: HTTPMethod,
        _ target: String,
        _ body: ClientRequest.Body = .empty,
        fields: HTTPFields = HTTPFields(),
        within timeout: Duration = Limits.Commands.answerTimeout
    ) async throws(GatewayFailure) -> (status: HTTPStatus, json: JSONValue) {
        let timeouts = ClientTimeouts(connect: min(timeout, .seconds(5)), firstByte: timeout, whole: timeout)
        let response = try await open(method, target, body, fields: fields, timeouts: timeouts)
        let bytes: [UInt8]
        do throws(HTTPError) {
            bytes = try await response.body.collect(upTo: Limits.Commands.maximumAnswerBytes)
        } catch {
            throw failure(error)
        }
        if bytes.isEmpty { return (response.status, .null) }
        do throws(JSONError) {
            return (response.status, try JSONReader.read(bytes, upTo: Limits.Commands.maximumAnswerBytes))
        } catch {
            throw GatewayFailure(.notAGateway, "what answers at \(place) is no gateway: it is no JSON", cause: error)
        }
    }

    /// An answer that says yes, whose body is still to be read; throws where the gateway says no.
    package func open(
        _ method: HTTPMethod,
        _ target: String,
        _ body: ClientRequest.Body = .empty,
        fields: HTTPFields = HTTPFields(),
        timeouts: ClientTimeouts
    ) async throws(GatewayFailure) -> ClientResponse {
        guard let url = place.url(target) else { throw GatewayFailure(.refused, "'\(target)' is no path") }
        var request = ClientRequest(method, url, fields: fields, body: body, timeouts: timeouts)
        if !fields.contains(.accept) { request.fields.append(.accept, "application/json") }
        if let key {
            guard place.keepsSecrets else {
                throw GatewayFailure(
                    .refused,
                    "the key in SYNESIS_KEY is not sent to \(place) in the clear: name the gateway by https://"
                )
            }
            request.fields.append(.authorization, "Bearer \(key)")
        }
        if method == .post { request.fields.append(.contentType, "application/json") }
        let response: ClientResponse
        var said: [UInt8] = []
        do throws(HTTPError) {
            response = try await client.send(request)
            if (200...299).contains(response.status.code) { return response }
            said = try await response.body.collect(upTo: Limits.API.maximumDocumentBytes)
        } catch {
            throw failure(error)
        }
        throw refusal(response.status, said, of: target, retryAfter: response.fields[.retryAfter])
    }

    /// What a broken connection means.
    func failure(_ error: HTTPError) -> GatewayFailure {
        switch error.code {
        case .unreachable:
            GatewayFailure(
                .notReached,
                "no gateway answers at \(place) (\(error.plainWords)): does the node run, and does its http.listen "
                    + "say this?",
                cause: error
            )
        case .timedOut: GatewayFailure(.notReached, "the gateway at \(place) does not answer in time", cause: error)
        case .untrusted:
            GatewayFailure(
                .notReached,
                "the certificate of the gateway at \(place) is not believed (\(error.plainWords)): name its "
                    + "authority (--ca FILE)",
                cause: error
            )
        case .malformed, .tooLarge:
            GatewayFailure(.notAGateway, "what answers at \(place) is no gateway: \(error.plainWords)", cause: error)
        case .closed, .stopping, .tooMany, .libraryFailed:
            GatewayFailure(.notReached, "the gateway at \(place) has hung up: \(error.plainWords)", cause: error)
        }
    }

    private func refusal(
        _ status: HTTPStatus,
        _ bytes: [UInt8],
        of target: String,
        retryAfter: String?
    ) -> GatewayFailure {
        let json = try? JSONReader.read(bytes, upTo: Limits.API.maximumDocumentBytes)
        guard let words = json.flatMap({ RefusalWords($0, retryAfter: retryAfter) }) else {
            return GatewayFailure(.notAGateway, "what answers at \(place) is no gateway: it says \(status.code)")
        }
        if words.code == RefusalWords.notAHub {
            return .edge(at: place, keepsNoAccounts: target.hasPrefix(APIPath.ledger))
        }
        return failure(words, status: "\(status.code)")
    }

    /// What a refusal means; nil where `json` is none.
    func refusal(_ json: JSONValue) -> GatewayFailure? { RefusalWords(json).map { failure($0, status: nil) } }

    private func failure(_ words: RefusalWords, status: String?) -> GatewayFailure {
        switch words.code {
        case RefusalWords.notAHub: return .edge(at: place, keepsNoAccounts: false)
        case "unknown_node", "not_connected", "node_timed_out", "node_lost", "node_refused", "node_too_old",
            "node_overloaded":
            return GatewayFailure(.node, words.message)
        case "not_found" where words.isAboutPath:
            return GatewayFailure(.notAGateway, "the gateway at \(place) does not know this: is it older than synesis?")
        case "no_key":
            return GatewayFailure(
                .noKey,
                "the gateway at \(place) wants a key (meshnode keys create): put it into the variable SYNESIS_KEY"
            )
        default: return GatewayFailure(.refused, words.sentence(status: status))
        }
    }
}

extension MeshError<HTTPErrorCode> {
    /// The message without the number by which the library calls the failure.
    fileprivate var plainWords: String {
        guard let mark = message.lastIndex(of: "("), message.hasSuffix(" of libcurl)") else { return message }
        let words = message[..<mark]
        return String(words.reversed().drop { $0 == " " }.reversed()).lowercasedFirst
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
