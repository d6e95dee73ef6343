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
    private let client: HTTPClient
    private let key: String?

    /// Asks the gateway at `place` by `client`, and shows it `key`.
    package init(_ place: GatewayPlace, _ client: HTTPClient, key: String? = nil) {
        self.place = place
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
        guard let url = place.url(target) else { throw GatewayFailure(.refused, "'\(target)' is no path") }
        var request = ClientRequest(method, url, fields: [.accept: "application/json"], body: body)
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
        request.timeouts = ClientTimeouts(connect: min(timeout, .seconds(5)), firstByte: timeout, whole: timeout)
        let (status, bytes): (HTTPStatus, [UInt8])
        do throws(HTTPError) {
            let response = try await client.send(request)
            status = response.status
            bytes = try await response.body.collect(upTo: Limits.API.maximumDocumentBytes)
        } catch {
            throw failure(error)
        }
        guard (200...299).contains(status.code) else { throw refusal(status, bytes) }
        do throws(APIError) {
            let json = try APIAnswer.json(bytes)
            return Answer(document: try Document(json: json), json: json)
        } catch {
            throw GatewayFailure(.notAGateway, "what answers at \(place) is no gateway: \(error.message)")
        }
    }

    private func failure(_ error: HTTPError) -> GatewayFailure {
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

    private func refusal(_ status: HTTPStatus, _ bytes: [UInt8]) -> GatewayFailure {
        guard let document = try? ErrorDocument(bytes: bytes) else {
            return GatewayFailure(.notAGateway, "what answers at \(place) is no gateway: it says \(status.code)")
        }
        switch document.code {
        case "not_a_hub":
            return GatewayFailure(
                .notAHub,
                "the gateway at \(place) is an edge, which knows no others: name its hub (--gateway URL)"
            )
        case "unknown_node", "not_connected", "node_timed_out", "node_lost", "node_refused", "node_too_old",
            "node_overloaded":
            return GatewayFailure(.node, document.message)
        case "not_found":
            return GatewayFailure(.notAGateway, "the gateway at \(place) does not know this: is it older than synesis?")
        case "no_key":
            return GatewayFailure(
                .refused,
                "the gateway at \(place) wants a key (meshnode keys create): put it into the variable SYNESIS_KEY"
            )
        default: return GatewayFailure(.refused, "\(document.message) (\(status.code), \(document.code))")
        }
    }
}

/// The JSON of an answer.
private enum APIAnswer {
    static func json(_ bytes: [UInt8]) throws(APIError) -> JSONValue {
        do throws(JSONError) {
            return try JSONReader.read(bytes, upTo: Limits.API.maximumDocumentBytes)
        } catch {
            throw APIError(.malformed, "it is no JSON", cause: error)
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
