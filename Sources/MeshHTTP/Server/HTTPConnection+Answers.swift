internal import MeshCore
internal import MeshIO

// MARK: - Answers of handlers

extension HTTPConnection {
    /// Sends all of an answer.
    func answer(_ exchange: ServerExchange, with response: HTTPResponse) {
        guard self.exchange === exchange else { return }
        if let stream = exchange.stream.take(), stream.head == nil { return breakOff(exchange, stream) }
        let action = machine.answerBegan(.whole(bodyLeft: exchange.bodyLeft))
        guard action != .ignore else { return }
        var bytes: [UInt8] = []
        if case .bytes(let content) = response.body { bytes = content }
        let framing: AnswerHead.Framing = response.status.isBodiless ? .none : .length(UInt64(bytes.count))
        write(response, framing, of: exchange, action)
        if exchange.method != .head, !response.status.isBodiless, !bytes.isEmpty {
            output.append(bytes)
            exchange.bytesOut = UInt64(bytes.count)
        }
        finish(exchange)
    }

    /// The handler threw `error`: the client is told if it can be, else it is cut off.
    func fail(_ exchange: ServerExchange, _ error: any Error) {
        guard self.exchange === exchange else { return }
        if let stream = exchange.stream, stream.head == nil {
            log(error, exchange)
            return breakOff(exchange, stream)
        }
        exchange.stream = nil
        let refusal = refusal(for: error, exchange)
        answer(exchange, with: refusal.answer(exchange.id))
    }

    private func refusal(for error: any Error, _ exchange: ServerExchange) -> HTTPRefusal {
        // The body's own fault, whatever the handler made of it.
        if let failure = exchange.bodyFailure, error is HTTPError { return failure }
        let refusal = HTTPRefusal(telling: error)
        if refusal == .internalError { log(error, exchange) }
        return refusal
    }

    /// Writes down that a handler failed, without a word of what the error says.
    func log(_ error: any Error, _ exchange: ServerExchange) {
        let structured = error as? any StructuredError
        let kind = structured?.identity ?? "\(type(of: error))"
        worker.logger.log(
            .error,
            .requestFailed,
            [LogField(.request, .text(exchange.id.text)), LogField(.error, .text(kind))]
        )
    }

    private func breakOff(_ exchange: ServerExchange, _ stream: StreamedAnswer) {
        // What was written before may still be of use.
        flush()
        guard self.exchange === exchange else { return }
        guard machine.answerBroken() == .abort else { return }
        // Where only the end of the connection tells the end of the answer, it must not look like one.
        end(aborting: stream.framing == .none)
    }
}

// MARK: - Streamed answers

extension HTTPConnection {
    /// Makes ready for pieces; false where none are wanted.
    func beginStream(_ exchange: ServerExchange, _ response: HTTPResponse, length: UInt64?) -> Bool {
        guard self.exchange === exchange else { return false }
        // It has begun early, and goes on.
        guard exchange.stream == nil else { return true }
        guard exchange.method != .head, !response.status.isBodiless else {
            let framing: AnswerHead.Framing = response.status.isBodiless ? .none : length.map { .length($0) } ?? .none
            let action = machine.answerBegan(.whole(bodyLeft: exchange.bodyLeft))
            write(response, framing, of: exchange, action)
            finish(exchange)
            return false
        }
        exchange.stream = StreamedAnswer(response, length: length, version: exchange.version)
        return true
    }

    /// Takes a piece.
    func write(_ bytes: [UInt8], of exchange: ServerExchange) -> ServerExchange.WriteStep {
        guard self.exchange === exchange, exchange.isAlive, exchange.stream != nil else {
            return .failed(HTTPError(.closed, "the client has left"))
        }
        guard !bytes.isEmpty else { return .room }
        guard exchange.stream?.hasRoom(for: bytes.count) == true else { return .failed(StreamedAnswer.wrongLength) }
        writeStreamHead(exchange)
        gather()
        if exchange.stream?.framing == .chunked {
            output.append(number: UInt64(bytes.count), radix: 16)
            output.append("\r\n")
            output.append(bytes)
            output.append("\r\n")
        } else {
            output.append(bytes)
        }
        exchange.stream?.written += UInt64(bytes.count)
        exchange.bytesOut += UInt64(bytes.count)
        mark()
        return output.count > Limits.HTTPServer.outputHighBytes ? .full : .room
    }

    private func writeStreamHead(_ exchange: ServerExchange) {
        guard let stream = exchange.stream, let head = stream.head else { return }
        exchange.stream?.head = nil
        let action = machine.answerBegan(stream.framing == .none ? .untilClose : .streamed)
        write(head, stream.framing, of: exchange, action)
    }

    /// All pieces were written; fails where they are not as many bytes as was said.
    func endStream(_ exchange: ServerExchange) -> Result<Void, HTTPError> {
        guard self.exchange === exchange, let stream = exchange.stream else { return .success(()) }
        guard stream.isComplete else { return .failure(StreamedAnswer.wrongLength) }
        if let head = stream.head {
            exchange.stream = nil
            answer(exchange, with: HTTPResponse(head.status, fields: head.fields))
            return .success(())
        }
        gather()
        if stream.framing == .chunked { output.append("0\r\n\r\n") }
        exchange.stream = nil
        finish(exchange)
        return .success(())
    }
}

// MARK: - Writing

extension HTTPConnection {
    /// Answers what could not even be handed to a handler, and ends.
    func answer(_ refusal: HTTPRefusal) {
        let id = worker.makeID()
        let response = refusal.answer(id)
        guard case .bytes(let bytes) = response.body else { return }
        gather()
        let head = AnswerHead(
            status: response.status,
            framing: .length(UInt64(bytes.count)),
            id: id,
            date: worker.date,
            persistence: .close
        )
        head.write(response.fields, to: &output)
        output.append(bytes)
        worker.observer?.requestEnded(
            HTTPRequestRecord(
                id: id.text,
                trace: nil,
                client: client.address,
                method: "",
                path: "",
                status: response.status,
                bytesIn: 0,
                bytesOut: UInt64(bytes.count),
                elapsed: .zero
            )
        )
    }

    private func write(
        _ response: HTTPResponse,
        _ framing: AnswerHead.Framing,
        of exchange: ServerExchange,
        _ action: ConnectionStateMachine.AnswerBeganAction
    ) {
        gather()
        exchange.status = response.status
        let persistence: AnswerHead.Persistence =
            action == .close ? .close : exchange.version == .http10 ? .keepAlive : .implied
        let head = AnswerHead(
            status: response.status,
            framing: framing,
            id: exchange.id,
            trace: exchange.answersTrace ? exchange.trace : nil,
            date: worker.date,
            persistence: persistence
        )
        head.write(response.fields, to: &output)
    }

    /// The last byte of the answer is in the output.
    private func finish(_ exchange: ServerExchange) {
        record(exchange, left: false)
        _ = endExchange()
        exchange.end(cancelling: false)
        switch machine.answerEnded(now: now) {
        case .readNext, .drain, .finish, .ignore: break
        }
        // Within a read: what follows in it comes first, and its answers leave together.
        pump()
    }

    /// Tells the observer of a request that is over.
    func record(_ exchange: ServerExchange, left: Bool) {
        guard let observer = worker.observer else { return }
        observer.requestEnded(
            HTTPRequestRecord(
                id: exchange.id.text,
                trace: exchange.trace,
                client: client.address,
                method: exchange.method.name,
                path: String(exchange.target.path),
                status: exchange.status ?? (left ? HTTPStatus(499) : .internalServerError),
                bytesIn: exchange.bytesIn,
                bytesOut: exchange.bytesOut,
                elapsed: worker.clock.now - exchange.beganAt
            )
        )
    }
}
