internal import MeshCore
internal import MeshIO

/// A WebSocket of a connection: what its handler sends and receives, and what the connection moves for it.
///
/// A client whose messages nobody receives is held back; one that does not read what is sent holds the handler back,
/// until the connection's write stall ends it.
final class ServerWebSocket: @unchecked Sendable {
    // Sendable: what changes is touched on the loop alone; whoever calls from elsewhere goes there first.
    private let connection: HTTPConnection
    private let exchange: ServerExchange
    private var conversation: WebSocketConversation

    private var inbox = BoundedQueue<WebSocketMessage>(capacity: Limits.HTTPServer.maximumMessagesWaiting)
    private var inboxBytes = 0
    private var isHeldBack = false
    private var ending: Ending?
    private var messageWait: LoopWait?

    /// Why no further message comes.
    private enum Ending {
        case goodbye
        case failed(HTTPError)
    }

    init(_ connection: HTTPConnection, _ exchange: ServerExchange) {
        self.connection = connection
        self.exchange = exchange
        conversation = WebSocketConversation(now: connection.now)
    }
}

// MARK: - For the connection

extension ServerWebSocket {
    /// Whether there is room for messages.
    var wantsBytes: Bool { !inbox.isFull && inboxBytes < Limits.HTTPServer.bodyHighBytes }

    /// Whether the connection ends behind what is to be sent.
    var isOver: Bool { conversation.isOver }

    /// While the client is held back its silence is our doing.
    var nextDeadline: Instant? { wantsBytes || !conversation.isOpen ? conversation.nextDeadline : nil }

    /// Takes bytes of the client, as long as there is room, and returns how many.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        var offset = 0
        while wantsBytes, let event = conversation.nextEvent(in: bytes, from: &offset, now: connection.now) {
            switch event {
            case .message(let message): take(message)
            case .ping, .pong: break
            case .closed: end(.goodbye)
            case .failed(let violation):
                end(.failed(HTTPError(.malformed, "the client broke a rule of WebSocket: \(violation.rawValue)")))
            }
        }
        isHeldBack = !wantsBytes
        return offset
    }

    /// Reads on where there is room again: the conversation may hold bytes that no read brings again.
    func goOn() {
        guard isHeldBack, wantsBytes else { return }
        _ = receive(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    private func take(_ message: WebSocketMessage) {
        inboxBytes += message.byteCount
        // There is room: nothing is read while there is not.
        _ = inbox.append(message)
        messageWait.take()?.end()
    }

    /// Whether something is to be sent.
    var hasOutput: Bool { conversation.outputBytes > 0 }

    /// Moves what is to be sent to `output`.
    func takeOutput(_ output: inout OutputBuffer) {
        guard conversation.outputBytes > 0 else { return }
        var bytes: [UInt8] = []
        conversation.takeOutput(&bytes)
        output.append(bytes)
    }

    /// The time may be up; false where the connection is to be broken off.
    func deadlineReached(now: Instant) -> Bool {
        guard let deadline = nextDeadline, deadline <= now else { return true }
        switch conversation.deadlineReached(now: now) {
        case .wait, .flush: return true
        case .fail(let violation):
            end(.failed(HTTPError(.timedOut, "the client was too slow: \(violation.rawValue)")))
            return true
        case .abandon:
            end(.failed(HTTPError(.timedOut, "the client answers no more")))
            return false
        }
    }

    /// Says goodbye.
    func sayGoodbye(_ code: WebSocketCloseCode, reason: String = "") {
        conversation.close(code, reason: reason, now: connection.now)
    }

    /// The connection has ended.
    func connectionEnded() { end(.failed(HTTPError(.closed, "the client has left"))) }

    private func end(_ ending: Ending) {
        if self.ending == nil { self.ending = ending }
        messageWait.take()?.end()
    }
}

// MARK: - For the handler

extension ServerWebSocket: WebSocket {
    private enum Step: Sendable {
        case message(WebSocketMessage?)
        case wait
        case failed(HTTPError)
    }

    func receive() async throws(HTTPError) -> WebSocketMessage? {
        while true {
            switch exchange.loop.isOnLoop ? takeMessage() : await exchange.onLoop({ self.takeMessage() }) {
            case .message(let message): return message
            case .failed(let error): throw error
            case .wait:
                // Only where nothing is left: what came before a goodbye is still received.
                guard !Task.isCancelled else { throw HTTPError(.closed, "the task was cancelled") }
                await LoopWait(loop: exchange.loop).wait { self.waitForMessage($0) }
            }
        }
    }

    private func takeMessage() -> Step {
        if let message = inbox.popFirst() {
            inboxBytes -= message.byteCount
            connection.mark()
            return .message(message)
        }
        switch ending {
        case .goodbye: return .message(nil)
        case .failed(let error): return .failed(error)
        case nil: return .wait
        }
    }

    private func waitForMessage(_ wait: LoopWait) {
        guard inbox.isEmpty, ending == nil else { return wait.end() }
        precondition(messageWait?.isOver ?? true, "one task receives")
        messageWait = wait
    }

    func send(_ message: WebSocketMessage) async throws(HTTPError) {
        switch exchange.loop.isOnLoop ? write(message) : await exchange.onLoop({ self.write(message) }) {
        case .room: return
        case .failed(let error): throw error
        case .full: try await exchange.waitForRoom()
        }
    }

    private func write(_ message: WebSocketMessage) -> ServerExchange.WriteStep {
        guard exchange.isAlive, conversation.isOpen else {
            return .failed(HTTPError(.closed, "the WebSocket is closed"))
        }
        _ = conversation.send(message)
        return connection.webSocketWrote(self)
    }

    func close(_ code: WebSocketCloseCode, reason: String) async {
        await exchange.onLoop {
            self.sayGoodbye(code, reason: reason)
            _ = self.connection.webSocketWrote(self)
        }
    }
}

extension WebSocketMessage {
    fileprivate var byteCount: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        }
    }
}
