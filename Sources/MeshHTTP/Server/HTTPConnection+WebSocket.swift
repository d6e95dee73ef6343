internal import MeshCore
internal import MeshIO

extension HTTPConnection {
    /// Says 101, and speaks WebSocket from here on; nil where the client has left.
    func upgrade(_ exchange: ServerExchange, _ fields: HTTPFields) -> ServerWebSocket? {
        guard self.exchange === exchange, machine.upgradeAccepted() == .upgrade else { return nil }
        let webSocket = ServerWebSocket(self, exchange)
        self.webSocket = webSocket
        exchange.status = .switchingProtocols
        gather()
        let head = AnswerHead(
            status: .switchingProtocols,
            framing: .none,
            id: exchange.id,
            trace: exchange.answersTrace ? exchange.trace : nil,
            date: worker.date,
            persistence: .upgrade
        )
        head.write(fields, to: &output)
        // What came behind the request is the client's first message.
        mark()
        return webSocket
    }

    /// Messages wait to be sent.
    func webSocketWrote(_ webSocket: ServerWebSocket) -> ServerExchange.WriteStep {
        guard self.webSocket === webSocket else { return .failed(HTTPError(.closed, "the client has left")) }
        moveMessages()
        mark()
        return output.count > Limits.HTTPServer.outputHighBytes ? .full : .room
    }

    /// The handler has returned: says goodbye if nobody did.
    func endConversation(_ exchange: ServerExchange, _ webSocket: ServerWebSocket, error: (any Error)?) {
        guard self.exchange === exchange, self.webSocket === webSocket else { return }
        if let error, !(error is HTTPError) { log(error, exchange) }
        webSocket.sayGoodbye(error == nil || error is HTTPError ? .normal : .internalError)
        _ = webSocketWrote(webSocket)
    }

    /// Moves what the WebSocket has to say to the output, and sees whether it is over.
    func moveMessages() {
        guard let webSocket, machine.phase == .upgraded else { return }
        // Answers to pings wait while the client reads nothing: only the last is owed.
        if output.count <= Limits.HTTPServer.outputHighBytes || webSocket.isOver {
            gather()
            webSocket.takeOutput(&output)
        }
        if webSocket.isOver { machine.upgradeEnded() }
    }

    /// The time of the WebSocket may be up.
    func webSocketDeadlineReached() {
        guard let webSocket else { return }
        guard webSocket.deadlineReached(now: now) else {
            guard machine.answerBroken() == .abort else { return }
            return end(aborting: true)
        }
        moveMessages()
        flush()
    }
}
