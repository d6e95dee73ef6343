internal import CMeshCurl
internal import Glibc
internal import MeshCore
internal import MeshIO

/// Who is told what comes of the transfers of a multi handle, never from inside a callback of the library.
protocol CurlMultiOwner: AnyObject {
    /// The transfer of `handle` is over; it is part of the multi handle until it is taken out.
    func ended(_ handle: UnsafeMutableRawPointer, _ code: CURLcode)

    /// The library was called; callbacks may have left something to be done.
    func settle()
}

/// A multi handle of libcurl on a loop: its sockets are the loop's registrations, its timeout is a timer of the loop.
///
/// Confined to the loop. The library must not be called from inside its callbacks: all calls that can lead to one go
/// through here, and ``isInside`` is true during them.
final class CurlMulti {
    private let handle: UnsafeMutableRawPointer
    private let loop: EventLoop
    private weak var owner: (any CurlMultiOwner)?
    private var watches: [Int32: SocketWatch] = [:]
    private lazy var timer = LoopTimer(handler: self)
    private lazy var hook = TurnHook(loop: loop, handler: self)
    /// Whether the library has asked to be called at once.
    private var isDue = false
    private var isClosed = false
    private(set) var isInside = false

    /// One with these bounds; nil where there is no memory.
    init?(loop: EventLoop, configuration: ClientConfiguration, owner: any CurlMultiOwner) {
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let handle = curl_multi_init() else { return nil }
        self.handle = handle
        self.loop = loop
        self.owner = owner
        let bounds = [
            (CURLMOPT_MAX_HOST_CONNECTIONS, configuration.connectionsPerHost),
            (CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.connections),
            (CURLMOPT_MAX_CONCURRENT_STREAMS, configuration.streamsPerConnection),
            // Of connections that are kept for the next request; the library's own guess grows with the requests.
            (CURLMOPT_MAXCONNECTS, configuration.connections),
            (CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX)),
        ]
        for (option, value) in bounds { cmesh_curl_multi_set_long(handle, option, max(1, value)) }
        let context = Unmanaged.passUnretained(self).toOpaque()
        cmesh_curl_multi_set_callbacks(handle, context, watchSocket, setTimer)
    }

    deinit { precondition(isClosed, "a client was not closed") }

    /// Has a transfer begin.
    func add(_ easy: CurlEasy) -> Bool {
        inside { curl_multi_add_handle(handle, easy.handle) == CURLM_OK }
    }

    /// Takes a transfer out, wherever it is; its connection is kept where it is over.
    func remove(_ easy: CurlEasy) { inside { _ = curl_multi_remove_handle(handle, easy.handle) } }

    /// Takes a transfer out that is not over, so that the server is told at once.
    ///
    /// Without this option a stream of HTTP/2 that is alone on its connection would be reset only when another transfer
    /// touches the connection (curl issue 17611). With it the connection is closed where the stream is alone; streams
    /// of others live on.
    func abort(_ easy: CurlEasy) {
        inside {
            cmesh_curl_set_long(easy.handle, CURLOPT_FORBID_REUSE, 1)
            _ = curl_multi_remove_handle(handle, easy.handle)
            cmesh_curl_set_long(easy.handle, CURLOPT_FORBID_REUSE, 0)
        }
    }

    /// Holds a transfer's directions back, or lets them go on; callbacks may come out of this.
    func pause(_ easy: CurlEasy, receiving: Bool, sending: Bool) -> CURLcode {
        let bits = (receiving ? CURLPAUSE_RECV : 0) | (sending ? CURLPAUSE_SEND : 0)
        return inside { curl_easy_pause(easy.handle, bits) }
    }

    /// Closes all connections.
    ///
    /// All transfers have been taken out before.
    func close() {
        guard !isClosed else { return }
        inside { _ = curl_multi_cleanup(handle) }
        isClosed = true
        loop.cancel(timer)
        for (_, watch) in watches { watch.registration.map(loop.deregister) }
        watches = [:]
    }

    fileprivate func drive(_ socket: Int32, _ bits: Int32) {
        guard !isClosed else { return }
        var running: Int32 = 0
        inside { _ = curl_multi_socket_action(handle, socket, bits, &running) }
        var code = CURLE_OK
        while let easy = inside({ cmesh_curl_next_ended(handle, &code) }) { owner?.ended(easy, code) }
        owner?.settle()
    }

    private func inside<Result>(_ body: () -> Result) -> Result {
        precondition(!isInside, "the library was called from inside a callback")
        isInside = true
        defer { isInside = false }
        return body()
    }
}

// MARK: - What the library asks for

extension CurlMulti: TimerHandler, TurnHandler {
    /// The library's next timeout in milliseconds: 0 for at once, -1 for none.
    fileprivate func asked(forTimeout milliseconds: Int) {
        loop.cancel(timer)
        isDue = milliseconds == 0
        if isDue {
            hook.mark()
        } else if milliseconds > 0 {
            // From the present and not from the begin of the turn: too early costs a call for nothing.
            let now = MachineClock(loop: loop).now
            loop.schedule(timer, at: now + .milliseconds(milliseconds))
        }
    }

    func timerFired(_ timer: LoopTimer) { drive(Int32(CURL_SOCKET_TIMEOUT), 0) }

    func prepareToWait() {
        guard isDue else { return }
        isDue = false
        drive(Int32(CURL_SOCKET_TIMEOUT), 0)
    }

    /// What the library wants to know of a socket from now on.
    fileprivate func asked(for interest: Int32, of socket: Int32) {
        guard interest != CURL_POLL_REMOVE else {
            watches.removeValue(forKey: socket)?.registration.map(loop.deregister)
            return
        }
        var readiness: Readiness = []
        if interest & CURL_POLL_IN != 0 { readiness.insert(.readable) }
        if interest & CURL_POLL_OUT != 0 { readiness.insert(.writable) }
        do throws(IOError) {
            if let registration = watches[socket]?.registration {
                try loop.update(registration, for: readiness)
            } else {
                let watch = SocketWatch(socket, self)
                watch.registration = try loop.register(socket, for: readiness, handler: watch)
                watches[socket] = watch
            }
        } catch {
            // A socket that cannot be watched is silent: the deadline of its transfer ends it. Refusing here would make
            // the library give up all transfers.
        }
    }

    /// The handler of one socket.
    fileprivate final class SocketWatch: LoopHandler {
        private let socket: Int32
        private unowned let multi: CurlMulti
        var registration: LoopRegistration?

        init(_ socket: Int32, _ multi: CurlMulti) {
            self.socket = socket
            self.multi = multi
        }

        func ready(_ readiness: Readiness) {
            var bits: Int32 = 0
            if readiness.contains(.readable) { bits |= CURL_CSELECT_IN }
            if readiness.contains(.writable) { bits |= CURL_CSELECT_OUT }
            if readiness.contains(.failed) { bits |= CURL_CSELECT_ERR }
            multi.drive(socket, bits)
        }
    }
}

private func watchSocket(
    _ easy: UnsafeMutableRawPointer?,
    _ socket: curl_socket_t,
    _ interest: Int32,
    _ context: UnsafeMutableRawPointer?,
    _ note: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return 0 }
    Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().asked(for: interest, of: socket)
    return 0
}

private func setTimer(
    _ multi: UnsafeMutableRawPointer?,
    _ milliseconds: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return 0 }
    Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().asked(forTimeout: milliseconds)
    return 0
}
