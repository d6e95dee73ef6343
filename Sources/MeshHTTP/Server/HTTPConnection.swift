internal import MeshCore
internal import MeshIO

/// One connection of a client: moves bytes between its socket, the parser and the handler, as its machine says.
///
/// A class confined to its loop rather than an actor on it: each call of an actor from the task of a handler would cost
/// a job in the loop's queue, although both run on its thread. While it is idle it holds neither parser nor memory.
final class HTTPConnection: @unchecked Sendable {
    // Sendable: touched on the loop of its worker alone.
    let worker: ServerWorker
    let client: HTTPClientIdentity
    var machine: ConnectionStateMachine
    var output = OutputBuffer()
    private(set) var exchange: ServerExchange?
    var webSocket: ServerWebSocket?

    /// Where the worker keeps it.
    var place: Int

    private let socket: StreamSocket
    private var parser: RequestParser?
    /// Bytes read before their time: behind a request that is not answered yet.
    private var pending: [UInt8] = []
    private lazy var timer = LoopTimer(handler: self)
    private var isPumping = false
    private var isMarked = false
    private var mayRead = true
    private var sawEnd = false

    init(_ socket: StreamSocket, worker: ServerWorker, place: Int) {
        self.socket = socket
        self.worker = worker
        self.place = place
        client = HTTPClientIdentity(address: socket.remoteAddress, isSecure: socket.isSecure)
        machine = ConnectionStateMachine(
            isSecure: socket.isSecure,
            timeouts: worker.configuration.timeouts,
            now: worker.loop.now
        )
        socket.owner = self
        settleTimer()
    }

    var loop: EventLoop { worker.loop }

    var now: Instant { worker.loop.now }
}

// MARK: - The socket tells

extension HTTPConnection: StreamSocketOwner {
    func streamOpened() {
        machine.handshakeCompleted(now: now)
        pump()
    }

    func streamReadable() {
        mayRead = true
        pump()
    }

    func streamWritable() {
        flush()
        pump()
    }

    func streamPeerEnded() {
        switch machine.peerEnded() {
        case .none: break
        case .close, .closeAndCancel: end()
        }
    }

    func streamFailed(_ error: IOError) {
        if machine.phase == .handshaking {
            worker.observer?.connectionChanged(.handshakeFailed, client: client.address)
        }
        _ = machine.failed()
        end()
    }
}

// MARK: - Bytes come

extension HTTPConnection {
    /// Reads and parses as far as there is something, and somebody who wants it; then sends what came of it.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        read()
        isPumping = false
        flush()
        if sawEnd {
            sawEnd = false
            streamPeerEnded()
        }
        // Answers were too long to take more requests: they have gone, and nothing else would come back here.
        if socket.isOpen, takesBytes, mayRead || !pending.isEmpty { mark() }
    }

    private func read() {
        for _ in 0..<Self.readsPerTurn {
            while !pending.isEmpty {
                guard takesBytes else { return }
                var bytes: [UInt8] = []
                swap(&bytes, &pending)
                bytes.withUnsafeBytes { take($0) }
            }
            guard mayRead, socket.isOpen, takesBytes else { return }
            switch socket.read(into: worker.readBuffer) {
            case .bytes(let count): take(UnsafeRawBufferPointer(rebasing: worker.readBuffer[..<count]))
            case .blocked: mayRead = false
            case .ended:
                // Over TLS a client may say goodbye without ending the connection below.
                mayRead = false
                sawEnd = true
            case .failed(let error):
                mayRead = false
                streamFailed(error)
            }
        }
        mark()
    }

    /// Whether bytes would be put to use now; while not, the client is held back.
    private var takesBytes: Bool {
        switch machine.phase {
        case .idle: output.count <= Limits.HTTPServer.outputHighBytes
        case .readingHead, .draining, .lingering: true
        // Only by reading is a goodbye over TLS seen; what comes in place of one waits for its turn.
        case .handling: parser == nil ? client.isSecure && pending.isEmpty : exchange?.isBodyFull != true
        case .upgraded: webSocket?.wantsBytes == true
        case .handshaking, .flushing, .closed: false
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while offset < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            switch machine.phase {
            case .idle:
                guard takesBytes, machine.requestBegan(now: now) == .parse else { return keep(rest) }
                parser = worker.takeParser()
            case .readingHead, .handling, .draining:
                guard let parser else { return keep(rest) }
                offset += parser.feed(rest)
                drain(parser)
            case .lingering:
                if machine.bytesDiscarded(rest.count) == .close { end() }
                return
            case .upgraded:
                guard let webSocket, webSocket.wantsBytes else { return keep(rest) }
                offset += webSocket.receive(rest)
                moveMessages()
            case .handshaking, .flushing, .closed: return
            }
        }
    }

    /// Calls that read in one turn; then other connections have theirs, and the rest comes with the next turn.
    private static let readsPerTurn = 8

    private func keep(_ bytes: UnsafeRawBufferPointer) { pending.append(contentsOf: bytes) }

    private func drain(_ parser: RequestParser) {
        var began: (ServerExchange, HTTPRequest)?
        while let event = parser.nextEvent() {
            switch event {
            case .head(let head): began = begin(head)
            case .body(let piece): take(piece)
            case .end: endRequest()
            case .refused(let refusal): refused(refusal)
            }
        }
        // With as much of the body as is here already: most handlers then need not wait for it.
        if let (exchange, request) = began { exchange.begin(request) }
    }

    private func begin(_ head: RequestHead) -> (ServerExchange, HTTPRequest)? {
        let action = machine.headRead(
            hasBody: head.framing != .none,
            keepsAlive: head.keepsAlive,
            expectsContinue: head.expectsContinue
        )
        guard action == .handle else { return nil }
        let (id, trace) = worker.names(of: head)
        let exchange = ServerExchange(head, id: id, trace: trace, connection: self, now: now)
        self.exchange = exchange
        let body: RequestBody =
            head.framing == .none ? .empty : RequestBody(declaredLength: exchange.declaredLength, source: exchange)
        var request = HTTPRequest(
            method: head.method,
            target: head.target,
            authority: head.authority,
            version: head.version,
            fields: head.fields,
            body: body,
            client: client,
            id: id
        )
        request.early = EarlyAnswer(exchange)
        return (exchange, request)
    }

    private func take(_ piece: [UInt8]) {
        switch machine.bodyRead(piece.count, now: now) {
        case .keep: exchange?.take(piece)
        case .discard: break
        case .finish: releaseParser()
        }
    }

    private func endRequest() {
        releaseParser()
        switch machine.requestEnded(now: now) {
        case .none: exchange?.endBody()
        case .readNext: break
        }
    }

    private func refused(_ refusal: HTTPRefusal) {
        releaseParser()
        switch machine.requestRefused(now: now) {
        case .answer: answer(refusal)
        case .failBody: exchange?.failBody(refusal)
        case .finish, .ignore: break
        }
    }

    private func releaseParser() {
        guard let parser = parser.take() else { return }
        worker.giveBack(parser)
    }
}

// MARK: - The handler reads the body

extension HTTPConnection {
    func bodyTaken(_ exchange: ServerExchange) {
        guard self.exchange === exchange, parser != nil else { return }
        mark()
    }

    func bodyWanted(_ exchange: ServerExchange) {
        guard self.exchange === exchange else { return }
        if machine.bodyWanted(now: now) == .sendContinue {
            gather()
            output.append("HTTP/1.1 100 Continue\r\n\r\n")
            mark()
        }
        settleTimer()
    }

    func bodyWaitAbandoned(_ exchange: ServerExchange) {
        guard self.exchange === exchange else { return }
        machine.bodyWaitAbandoned(now: now)
    }
}

// MARK: - Bytes leave

extension HTTPConnection {
    /// Has the loop call ``turnEnded()``.
    func mark() {
        guard !isMarked else { return }
        isMarked = true
        worker.mark(self)
    }

    /// All jobs of the turn have run.
    func turnEnded() {
        isMarked = false
        webSocket?.goOn()
        moveMessages()
        flush()
        pump()
    }

    /// Whether writers are to wait.
    var isOutputLong: Bool { output.count > Limits.HTTPServer.outputLowBytes }

    /// Memory for what is appended to the output next.
    func gather() {
        if output.isEmpty { output.adopt(worker.takeMemory()) }
    }

    /// Sends what waits, as far as there is room, and does what comes behind the last of it.
    func flush() {
        guard socket.isOpen else { return }
        while !output.isEmpty {
            switch output.withNext({ socket.write($0) }) {
            case .wrote(let count):
                output.remove(count)
                if !output.isEmpty { machine.outputMoved(count, now: now) }
            case .blocked:
                machine.outputBlocked(now: now)
                return settle()
            case .failed(let error): return streamFailed(error)
            }
        }
        worker.giveBack(memory: output.release())
        switch machine.outputEmptied(now: now) {
        case .none: break
        case .close: return end()
        case .linger:
            pending = []
            releaseParser()
            socket.finishWriting()
            if mayRead { mark() }
        }
        settle()
    }

    private func settle() {
        if !isOutputLong {
            exchange?.roomCame()
            if webSocket?.hasOutput == true { mark() }
        }
        settleTimer()
    }
}

// MARK: - Time

extension HTTPConnection: TimerHandler {
    /// A timer that is due too early costs less than moving it with each request.
    func settleTimer() {
        guard let deadline = nextDeadline, !timer.isScheduled || deadline < timer.deadline else { return }
        loop.schedule(timer, at: deadline)
    }

    private var nextDeadline: Instant? {
        guard machine.phase == .upgraded, let other = webSocket?.nextDeadline else { return machine.nextDeadline }
        return machine.nextDeadline.map { min($0, other) } ?? other
    }

    func timerFired(_ timer: LoopTimer) {
        let isHandshaking = machine.phase == .handshaking
        switch machine.deadlineReached(now: now) {
        case .none:
            if machine.phase == .upgraded { webSocketDeadlineReached() }
            return settleTimer()
        case .close:
            if isHandshaking { tell(.handshakeFailed) }
            return end()
        case .refuse:
            let hasBegun = parser?.isWithinRequest == true
            releaseParser()
            // A line end behind the last request is no request.
            if hasBegun { answer(.tooSlow) }
        case .failBody: exchange?.failBody(.tooSlow)
        case .abort:
            tell(.timedOut)
            return end(aborting: true)
        case .finish: releaseParser()
        }
        tell(.timedOut)
        flush()
    }

    private func tell(_ event: HTTPConnectionEvent) {
        worker.observer?.connectionChanged(event, client: client.address)
    }
}

// MARK: - The end

extension HTTPConnection {
    /// The server stops.
    func stop() {
        switch machine.stop() {
        case .none: flush()
        // Not while the worker goes through its connections.
        case .close: _ = loop.execute { self.end() }
        case .endUpgrade:
            webSocket?.sayGoodbye(.goingAway)
            mark()
        }
    }

    /// The server has waited long enough.
    func cut() {
        _ = machine.failed()
        loop.executeAlways { self.end() }
    }

    /// The answer of the exchange is written, or will never be.
    func endExchange() -> ServerExchange? { exchange.take() }

    /// Closes, once, and cancels the handler if one is running; the machine is closed already.
    func end(aborting: Bool = false) {
        guard place >= 0 else { return }
        if aborting { socket.abort() } else { socket.close() }
        loop.cancel(timer)
        releaseParser()
        pending = []
        output.removeAll()
        webSocket.take()?.connectionEnded()
        if let exchange = exchange.take() {
            record(exchange, left: true)
            exchange.end(cancelling: true)
        }
        worker.remove(self)
        place = -1
    }
}
