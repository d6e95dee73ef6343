internal import CMeshCurl
internal import MeshCore
internal import MeshIO

/// One request on its loop, from the wait for a place to the last byte of the answer.
///
///     new ──begin──▶ waiting ──place──▶ under way ──the library is done, stop──▶ over
///                       └─────────────────stop─────────────────────────────────────▲
///
/// What the library's callbacks bring is put down here, and handed on by ``settle()`` once the library has returned.
final class CurlTransfer {
    typealias Waiter = UnsafeContinuation<Result<ClientResponse, HTTPError>, Never>
    typealias Reader = UnsafeContinuation<Result<[UInt8]?, HTTPError>, Never>

    enum State { case new, waiting, underWay(CurlEasy), over }

    let request: ClientRequest
    var id: AdmissionQueue.ID = 0
    private(set) var state = State.new
    private(set) var core: ClientCore?
    private var client: HTTPClient?
    private var waiter: Waiter?
    private var reader: Reader?
    private var headReader = ResponseHeadReader()
    private var buffer: [UInt8] = []
    private var isHeldBack = false
    private var failure: HTTPError?
    private var received: UInt64 = 0

    // The request.
    private var upload: TransferUpload?
    private var isUploadHeldBack = false
    private var room: UnsafeContinuation<Bool, Never>?
    private var pump: Task<Void, Never>?
    private(set) var attempts = 0
    /// Where the request was sent last, and its number there.
    private var sending: CurlStreams.Sending?

    // Time, and what was told of it.
    private(set) var deadlines = TransferDeadlines(ClientTimeouts(), now: .origin)
    private lazy var timer = LoopTimer(handler: self)
    private var began = Instant.origin
    private(set) var progress = RequestProgress.waiting
    private var told = RequestProgress.waiting
    private var isTouched = false

    /// A request that has not begun.
    ///
    /// May be made anywhere; from then on it belongs to the loop.
    init(_ request: ClientRequest) { self.request = request }

    var isOver: Bool { if case .over = state { true } else { false } }

    /// Whether it is one of several on a connection, as far as is known.
    var isShared: Bool { CurlEasy.isShared(request, core?.configuration.prefersHTTP2 ?? false) }

    /// Hands the request in; `waiter` gets the head of the answer, or why there is none.
    func begin(_ core: ClientCore, for client: HTTPClient, _ waiter: Waiter) {
        guard case .new = state else {
            return waiter.resume(returning: .failure(failure ?? HTTPError(.closed, Self.cancelled)))
        }
        (self.core, self.client, self.waiter) = (core, client, waiter)
        state = .waiting
        began = core.now
        deadlines = TransferDeadlines(request.timeouts ?? core.configuration.timeouts, now: began)
        core.begin(self)
        arm()
    }

    /// There is a place among the connections.
    func start(_ easy: CurlEasy, _ core: ClientCore) throws(HTTPError) {
        let timeouts = request.timeouts ?? core.configuration.timeouts
        progress = .connecting
        try easy.prepare(request, for: self, connect: timeouts.connect)
        state = .underWay(easy)
        upload = TransferUpload(request.body)
        deadlines.entered(.connecting, now: core.now)
        if case .stream(_, let source) = request.body {
            let held = ClientConfined(self, on: core.loop)
            pump = Task(executorPreference: core.loop) { await pumpBody(source, into: held) }
        }
        arm()
    }

    /// Nobody wants the answer any more.
    func cancel() {
        guard let core else {
            // Cancelled before it was handed in.
            state = .over
            return
        }
        // Whoever reads on must not take what is missing for the end.
        if isOver, !buffer.isEmpty { failure = error(.closed, Self.cancelled) }
        buffer = []
        core.stop(self, error(.closed, Self.cancelled))
    }

    /// An error that says how far the request has come.
    func error(_ code: HTTPErrorCode, _ message: String, _ library: CURLcode? = nil) -> HTTPError {
        HTTPError(code, message, cause: ClientFailure(progress: progress, libraryCode: library?.rawValue))
    }

    private static let cancelled = "the request was cancelled"
}

// MARK: - Callbacks of the library: they put down, and return

extension CurlTransfer {
    /// A connection is there and the request is about to be sent; false where it must not be sent again.
    ///
    /// The library sends a request once more where a connection that was used before ends without an answer: then
    /// nobody knows whether the server has acted on it, so that only what may be done twice is done twice (RFC 9110
    /// §9.2.2). A stream that the server has refused was not looked at.
    func requestBegins(on connection: CurlConnection) -> Bool {
        attempts += 1
        if attempts > 1 {
            guard upload?.sent == 0, request.method.isIdempotent || wasRefused else { return false }
        }
        if case .underWay(let easy) = state, easy.connectionsMade > 0 { core?.streams.connected(connection) }
        sending = core?.streams.sending(on: connection)
        progress = .sent
        deadlines.entered(isUploading ? .sending : .awaitingHead, now: core?.now ?? began)
        touch()
        return true
    }

    /// The library tells something of the connection.
    func heard(_ words: CurlWords) {
        guard let connection = sending?.connection else { return }
        switch words {
        case .stream(let number):
            sending?.stream = number
            core?.streams.heardNumber(on: connection)
        case .goAway(let last): core?.streams.retired(connection, last: last)
        }
    }

    /// Whether the server has said that it did not look at the request when it was sent last.
    private var wasRefused: Bool {
        guard let core, let sending else { return false }
        return core.streams.wasRefused(sending)
    }

    /// A line of a head, or of what comes behind the body.
    func headArrived(_ line: UnsafeRawBufferPointer) -> Int {
        touch()
        do throws(HTTPError) {
            try headReader.take(line)
        } catch {
            failure = self.error(error.code, error.message)
            return 0
        }
        if headReader.head != nil, progress != .answering {
            progress = .answering
            deadlines.entered(.receiving, now: now)
        }
        return line.count
    }

    /// A piece of the body.
    func bodyArrived(_ bytes: UnsafeRawBufferPointer) -> Int {
        touch()
        guard failure == nil, headReader.head != nil else { return 0 }
        guard buffer.count < Limits.HTTPClient.bodyHighMark else {
            isHeldBack = true
            deadlines.entered(.held, now: now)
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        buffer.append(contentsOf: bytes)
        received += UInt64(bytes.count)
        deadlines.entered(.receiving, now: now)
        return bytes.count
    }

    /// The server takes more of the body.
    func bodyWanted(into memory: UnsafeMutableRawBufferPointer) -> Int {
        touch()
        guard failure == nil, let outcome = upload?.give(into: memory) else { return Int(CURL_READFUNC_ABORT) }
        switch outcome {
        case .gave(let count):
            deadlines.entered(isUploading ? .sending : .awaitingHead, now: now)
            return count
        case .ended:
            deadlines.entered(.awaitingHead, now: now)
            return 0
        case .nothing:
            isUploadHeldBack = true
            deadlines.entered(.pausedSending, now: now)
            wakePump(true)
            return Int(CURL_READFUNC_PAUSE)
        }
    }

    private var isUploading: Bool {
        if case .bytes(let bytes) = request.body, bytes.count <= Limits.HTTPClient.bytesSentAtOnce { return false }
        if case .empty = request.body { return false }
        return upload?.isWhole == false
    }

    private var now: Instant { core?.now ?? began }

    private func touch() {
        guard !isTouched else { return }
        isTouched = true
        core?.touched(self)
    }
}

// MARK: - What follows from them

extension CurlTransfer {
    /// Hands on what the callbacks have put down.
    func settle() {
        isTouched = false
        tell()
        if let head = headReader.head, let waiter = waiter.take(), let client = client.take() {
            let isBodiless = request.method == .head || head.status.isBodiless
            let body = ClientBody(self, of: client, declaredLength: isBodiless ? 0 : head.declaredLength)
            let response = ClientResponse(status: head.status, fields: head.fields, version: head.version, body: body)
            waiter.resume(returning: .success(response))
        }
        if !buffer.isEmpty, let reader = reader.take() { deliver(to: reader) }
        arm()
    }

    /// The library is done with the transfer.
    func ended(_ code: CURLcode) {
        (isHeldBack, isUploadHeldBack) = (false, false)
        settle()
        if code == CURLE_OK {
            finish(headReader.head == nil ? error(.closed, "the answer ended before its head") : nil)
        } else {
            let systemError: Int32? = if case .underWay(let easy) = state { easy.systemError } else { nil }
            let isReadingHead = headReader.isUnderWay
            finish(
                failure ?? CurlFailure.error(code, progress, isReadingHead: isReadingHead, systemError: systemError)
            )
        }
    }

    /// Ends the request; what has arrived can still be read.
    func finish(_ failure: HTTPError?) {
        guard !isOver else { return }
        state = .over
        self.failure = failure
        deadlines.entered(.over, now: now)
        core?.loop.cancel(timer)
        pump?.cancel()
        wakePump(false)
        core?.report(
            self,
            .finished(
                request.url.origin,
                failure: failure?.code,
                sent: bytesSent,
                received: received,
                after: now - began
            )
        )
        client = nil
        if let waiter = waiter.take() {
            waiter.resume(returning: .failure(failure ?? error(.closed, "the answer ended before its head")))
        }
        if let reader = reader.take() { read(reader) }
    }

    /// Hands the next piece to `reader`, as soon as there is one.
    func read(_ reader: Reader) {
        precondition(self.reader == nil, "two tasks read one body")
        if !buffer.isEmpty {
            deliver(to: reader)
        } else if case .over = state {
            reader.resume(returning: failure.map { .failure($0) } ?? .success(nil))
        } else {
            self.reader = reader
        }
    }

    private func deliver(to reader: Reader) {
        var piece: [UInt8] = []
        swap(&piece, &buffer)
        reader.resume(returning: .success(piece))
        guard isHeldBack else { return }
        isHeldBack = false
        deadlines.entered(.receiving, now: now)
        letGo()
    }

    /// Lets the library go on in the directions that are not held back.
    private func letGo() {
        guard case .underWay(let easy) = state, let core else { return }
        core.letGo(self, easy, receiving: isHeldBack, sending: isUploadHeldBack)
        arm()
    }

    /// Bytes of the body that the library has taken.
    private var bytesSent: UInt64 {
        guard progress >= .sent else { return 0 }
        if case .bytes(let bytes) = request.body, bytes.count <= Limits.HTTPClient.bytesSentAtOnce {
            return UInt64(bytes.count)
        }
        return upload?.sent ?? 0
    }

    /// Tells the observer what it has not been told.
    func tell() {
        guard let core, case .underWay(let easy) = state else { return }
        let (origin, after) = (request.url.origin, now - began)
        if told < .sent, progress >= .sent {
            told = .sent
            core.report(self, .connected(origin, isReused: easy.connectionsMade == 0, after: after))
        }
        if told < .answering, let head = headReader.head {
            told = .answering
            core.report(self, .answered(origin, head.status, head.version, after: after))
            core.learned(self, head.version)
        }
    }
}

// MARK: - The body of the request

extension CurlTransfer {
    /// True once the library wants the next piece; false where the request is over.
    fileprivate func waitForRoom(_ continuation: UnsafeContinuation<Bool, Never>) {
        guard !isOver else { return continuation.resume(returning: false) }
        guard !isUploadHeldBack else { return continuation.resume(returning: true) }
        room = continuation
    }

    /// The next piece has come; nil is the end.
    fileprivate func pieceArrived(_ piece: [UInt8]?) {
        guard !isOver else { return }
        do throws(HTTPError) {
            try upload?.take(piece)
        } catch {
            return sourceFailed(error)
        }
        isUploadHeldBack = false
        deadlines.entered(isUploading ? .sending : .awaitingHead, now: now)
        letGo()
    }

    fileprivate func sourceFailed(_ error: HTTPError) {
        core?.stop(self, self.error(error.code, "the body to be sent: \(error.message)"))
    }

    private func wakePump(_ isWanted: Bool) { room.take()?.resume(returning: isWanted) }
}

/// Moves the pieces of `source` into the transfer, each when it is wanted.
private func pumpBody(_ source: any RequestBodySource, into transfer: ClientConfined<CurlTransfer>) async {
    while await withUnsafeContinuation({ transfer.value.waitForRoom($0) }) {
        do throws(HTTPError) {
            let piece = try await source.next()
            transfer.value.pieceArrived(piece)
            if piece == nil { return }
        } catch {
            return transfer.value.sourceFailed(error)
        }
    }
}

// MARK: - Time

extension CurlTransfer: TimerHandler {
    func timerFired(_ timer: LoopTimer) {
        guard let core, !isOver else { return }
        guard let missed = deadlines.missed(at: core.now) else { return arm() }
        core.stop(self, error(.timedOut, missed))
    }

    /// Has the timer fire no later than the next deadline; one that fires too early is set again.
    private func arm() {
        guard let core, !isOver, let deadline = deadlines.nextDeadline else { return }
        if !timer.isScheduled || timer.deadline > deadline { core.loop.schedule(timer, at: deadline) }
    }
}

extension HTTPMethod {
    /// Whether doing it twice is as good as once (RFC 9110 §9.2.2).
    var isIdempotent: Bool {
        self == .get || self == .head || self == .options || self == .put || self == .delete
    }
}
