internal import MeshCore
internal import MeshIO

/// One request of a connection and its answer, as the handler's task sees it: where the body comes from, and where the
/// pieces of a streamed answer go.
///
/// It outlives the connection where a handler keeps it; then nothing comes and nothing goes.
final class ServerExchange: @unchecked Sendable {
    // Sendable: what changes is touched on the loop alone; whoever calls from elsewhere goes there first.
    let connection: HTTPConnection
    let loop: EventLoop
    let method: HTTPMethod
    let target: RequestTarget
    let version: HTTPVersion
    let id: RequestID
    /// The trace of all that is done for the request.
    let trace: TraceContext
    /// Whether the client has said a trace, and is told ours.
    let answersTrace: Bool
    let beganAt: Instant
    let declaredLength: UInt64?

    /// What the handler is asked; gone with its answer, which may last long.
    private var asked: AskedRequest?
    /// The task of the handler.
    private var task: Task<Void, Never>?
    /// Whether the client waits for the answer.
    private(set) var isAlive = true

    // The body.
    private var body: [UInt8] = []
    private(set) var bytesIn: UInt64 = 0
    private var isBodyOver: Bool
    private(set) var bodyFailure: HTTPRefusal?
    private var bodyWait: LoopWait?

    // The answer.
    var stream: StreamedAnswer?
    var status: HTTPStatus?
    var bytesOut: UInt64 = 0
    private var roomWait: LoopWait?

    init(_ head: RequestHead, id: RequestID, trace: TraceContext, connection: HTTPConnection, now: Instant) {
        self.connection = connection
        self.id = id
        self.trace = trace
        answersTrace = head.saidTrace != nil
        loop = connection.loop
        method = head.method
        target = head.target
        version = head.version
        beganAt = now
        isBodyOver = head.framing == .none
        declaredLength =
            switch head.framing {
            case .none: 0
            case .length(let length): length
            case .chunked: nil
            }
    }

    /// How many bytes of the body are still to come; nil where that is unknown.
    var bodyLeft: UInt64? { declaredLength.map { $0 - min($0, bytesIn) } }

    /// Whether the client is to be held back.
    var isBodyFull: Bool { body.count >= Limits.HTTPServer.bodyHighBytes }

    /// Whether some of the body may still come.
    var expectsBody: Bool { !isBodyOver }
}

// MARK: - The task

extension ServerExchange {
    /// Has the handler answer `request`: it runs at once, up to where it waits for the first time.
    func begin(_ request: HTTPRequest) {
        connection.worker.handlerBegan()
        asked = AskedRequest(request)
        // Always, so that no request has the trace of another in whose turn it begins.
        let task = TraceContext.$current.withValue(trace) {
            Task.immediate(executorPreference: connection.worker.executor) { await self.run() }
        }
        if isAlive { self.task = task }
    }

    /// Runs on the loop throughout: its task prefers it, and nothing of it is isolated to anything else.
    ///
    /// Its parts are not inlined: what one of them needs would otherwise take memory for as long as an answer streams.
    private func run() async {
        if let response = await respond() { await send(response) }
        loop.preconditionOnLoop()
        connection.worker.handlerEnded()
    }

    @inline(never)
    private func respond() async -> HTTPResponse? {
        guard let asked else { return nil }
        do {
            return try await connection.worker.handler.respond(to: asked.request)
        } catch {
            self.asked = nil
            connection.fail(self, error)
            return nil
        }
    }

    private func send(_ response: HTTPResponse) async {
        if case .webSocket = response.body {} else { asked = nil }
        switch response.body {
        case .empty, .bytes: connection.answer(self, with: response)
        case .stream(let length, let produce):
            guard connection.beginStream(self, response, length: length) else { return }
            await stream(produce)
        case .webSocket(let subprotocol, let converse):
            guard let request = asked.take()?.request, let webSocket = upgrade(request, response.fields, subprotocol)
            else { return }
            await lead(webSocket, converse)
        }
    }

    @inline(never)
    private func stream(_ produce: @Sendable (ResponseWriter) async throws -> Void) async {
        do {
            try await produce(ResponseWriter(self))
            try connection.endStream(self).get()
        } catch {
            connection.fail(self, error)
        }
    }

    private func upgrade(_ request: HTTPRequest, _ extra: HTTPFields, _ subprotocol: String?) -> ServerWebSocket? {
        do throws(HTTPRefusal) {
            let handshake = try WebSocketHandshake(request)
            let origins = connection.worker.configuration.webSocketOrigins
            guard origins.allows(request.fields[.origin], authority: request.authority) else {
                throw HTTPRefusal(.forbidden, "origin_refused", "pages of this origin may not open a WebSocket")
            }
            guard var fields = handshake.fields(subprotocol: subprotocol) else { throw .internalError }
            fields.append(contentsOf: extra)
            guard let webSocket = connection.upgrade(self, fields) else {
                throw HTTPRefusal(.serviceUnavailable, "stopping", "no WebSocket can be opened now")
            }
            return webSocket
        } catch {
            connection.fail(self, error)
            return nil
        }
    }

    @inline(never)
    private func lead(
        _ webSocket: ServerWebSocket,
        _ converse: @Sendable (any WebSocket) async throws -> Void
    ) async {
        var failure: (any Error)?
        do { try await converse(webSocket) } catch { failure = error }
        connection.endConversation(self, webSocket, error: failure)
    }

    /// Runs `body` on the loop, for handlers that read and write in tasks of other executors.
    @inline(never)
    func onLoop<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            loop.executeAlways { continuation.resume(returning: body()) }
        }
    }

    /// Nobody waits for the answer any more: it is written, or the client has left.
    func end(cancelling: Bool) {
        isAlive = false
        if cancelling { task?.cancel() }
        task = nil
        body = []
        stream = nil
        wake()
        roomWait.take()?.end()
    }
}

// MARK: - The body

extension ServerExchange: RequestBodySource {
    private enum BodyStep {
        case piece([UInt8])
        case end
        case wait
        case failed(HTTPError)
    }

    func next() async throws(HTTPError) -> [UInt8]? {
        while true {
            switch loop.isOnLoop ? takeBody() : await onLoop({ self.takeBody() }) {
            case .piece(let piece): return piece
            case .end: return nil
            case .failed(let error): throw error
            case .wait:
                await LoopWait(loop: loop).wait { self.waitForBody($0) }
                guard Task.isCancelled else { continue }
                loop.enter { self.connection.bodyWaitAbandoned(self) }
                throw Self.cancelled
            }
        }
    }

    private func takeBody() -> BodyStep {
        if !body.isEmpty {
            var piece: [UInt8] = []
            swap(&piece, &body)
            connection.bodyTaken(self)
            return .piece(piece)
        }
        if let bodyFailure { return .failed(HTTPError(bodyFailure.bodyCode, bodyFailure.message)) }
        if isBodyOver { return .end }
        guard isAlive else { return .failed(Self.closed) }
        connection.bodyWanted(self)
        return .wait
    }

    private func waitForBody(_ wait: LoopWait) {
        guard isAlive, body.isEmpty, !isBodyOver, bodyFailure == nil else { return wait.end() }
        precondition(bodyWait?.isOver ?? true, "one task reads the body")
        bodyWait = wait
    }

    /// Bytes of the body have come.
    func take(_ piece: [UInt8]) {
        bytesIn += UInt64(piece.count)
        if body.isEmpty { body = piece } else { body.append(contentsOf: piece) }
        wake()
    }

    /// All of the body has come.
    func endBody() {
        isBodyOver = true
        wake()
    }

    /// The rest of the body will never come.
    func failBody(_ refusal: HTTPRefusal) {
        bodyFailure = refusal
        isBodyOver = true
        wake()
    }

    private func wake() { bodyWait.take()?.end() }

    private static var closed: HTTPError { HTTPError(.closed, "the client has left") }
    private static var cancelled: HTTPError { HTTPError(.closed, "the task was cancelled") }
}

// MARK: - The answer, piece by piece

extension ServerExchange: ResponseSink {
    /// What came of a piece.
    enum WriteStep {
        case room
        case full
        case failed(HTTPError)
    }

    /// The answer begins before its handler has returned.
    func beginEarly(_ head: HTTPResponse) async {
        _ =
            loop.isOnLoop
            ? connection.beginStream(self, head, length: nil)
            : await onLoop { self.connection.beginStream(self, head, length: nil) }
    }

    func write(_ bytes: [UInt8]) async throws(HTTPError) {
        switch loop.isOnLoop
            ? connection.write(bytes, of: self) : await onLoop({ self.connection.write(bytes, of: self) })
        {
        case .room: return
        case .failed(let error): throw error
        case .full: try await waitForRoom()
        }
    }

    /// Returns once the client has taken most of what waits.
    func waitForRoom() async throws(HTTPError) {
        await LoopWait(loop: loop).wait { self.waitForRoom($0) }
        guard !Task.isCancelled else { throw Self.cancelled }
        guard loop.isOnLoop ? isAlive : await onLoop({ self.isAlive }) else { throw Self.closed }
    }

    private func waitForRoom(_ wait: LoopWait) {
        // The client may have taken it since the writer was told.
        guard isAlive, connection.isOutputLong else { return wait.end() }
        precondition(roomWait?.isOver ?? true, "one task writes at a time")
        roomWait = wait
    }

    /// There is room for more pieces.
    func roomCame() { roomWait.take()?.end() }
}

/// A request that a handler is asked, in memory of its own.
private final class AskedRequest {
    let request: HTTPRequest

    init(_ request: HTTPRequest) { self.request = request }
}

extension HTTPRefusal {
    /// What a handler is told that reads a body which is refused.
    fileprivate var bodyCode: HTTPErrorCode {
        switch status {
        case .contentTooLarge: .tooLarge
        case .requestTimeout: .timedOut
        default: .malformed
        }
    }
}
