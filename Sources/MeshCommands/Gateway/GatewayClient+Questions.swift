internal import MeshAPI
internal import MeshCore
internal import MeshEscalation
internal import MeshHTTP
internal import MeshJSON

extension GatewayClient {
    /// How a question stands that is not answered word by word.
    enum QuestionStanding: Sendable {
        /// It waits, or is being answered: what the gateway says of that.
        case pending(JSONValue)
        /// This is the answer.
        case answered(JSONValue)
    }

    /// Has a question answered word by word, and hands on each event as it comes.
    ///
    /// Cancelling the task closes the connection, by which the node knows that nobody waits any more.
    func stream(_ request: EscalationRequest, _ take: (AnswerEvent) throws -> Void) async throws {
        let response = try await open(
            .post,
            APIPath.stream,
            .bytes(JSONWriter.bytes(of: request.json)),
            fields: [.accept: "text/event-stream"],
            timeouts: ClientTimeouts(
                connect: .seconds(5),
                firstByte: Limits.Commands.streamPatience,
                idle: Limits.Commands.streamSilence
            )
        )
        guard response.fields[.contentType]?.hasPrefix("text/event-stream") == true else {
            throw GatewayFailure(.notAGateway, "what answers at \(place) is no gateway: it streams no events")
        }
        var reading = AnswerReading()
        while let piece = try await next(of: response.body, reading.hasBegun) {
            reading.feed(piece)
            while let event = try reading.next() { try hand(event, reading.hasBegun, take) }
        }
        if let event = try reading.atEnd() { try hand(event, reading.hasBegun, take) }
    }

    private func next(of body: ClientBody, _ hasBegun: Bool) async throws -> [UInt8]? {
        do throws(HTTPError) { return try await body.next() } catch {
            try Task.checkCancellation()
            let failure = failure(error)
            guard hasBegun else { throw failure }
            throw GatewayFailure(.brokenOff, "the answer breaks off: \(failure.message)", cause: error)
        }
    }

    private func hand(_ event: AnswerEvent, _ hasBegun: Bool, _ take: (AnswerEvent) throws -> Void) throws {
        guard case .failed(let json) = event else { return try take(event) }
        let failure = refusal(json)
        guard hasBegun else { throw failure ?? GatewayFailure(.refused, "the gateway at \(place) says no") }
        throw GatewayFailure(.brokenOff, "the answer breaks off: \(failure?.message ?? "the gateway does not say why")")
    }

    /// Hands in a question that may wait until it can be asked.
    func handIn(_ request: EscalationRequest) async throws(GatewayFailure) -> QuestionStanding {
        let body = ClientRequest.Body.bytes(JSONWriter.bytes(of: request.json))
        let fields: HTTPFields = [Self.prefer: "respond-async"]
        return standing(
            try await exchange(
                .post,
                APIPath.escalate,
                body,
                fields: fields,
                within: Limits.Commands.streamPatience
            )
        )
    }

    /// Asks for the answer to a question that was handed in; an edge forgets it minutes after it was fetched.
    func fetch(_ id: String) async throws(GatewayFailure) -> QuestionStanding {
        standing(try await exchange(.get, APIPath.escalation(id)))
    }

    private func standing(_ answer: (status: HTTPStatus, json: JSONValue)) -> QuestionStanding {
        answer.status.code == 202 ? .pending(answer.json) : .answered(answer.json)
    }

    private static var prefer: HTTPFieldName { HTTPFieldName(known: "prefer") }
}
