import Glibc
import MeshCore
import MeshIO
import MeshTestKit

/// A server of raw bytes that does on each connection what its script says, and remembers what it heard.
///
/// Sendable: everything but `heard` is confined to its loop.
final class ScriptedServer: LoopHandler, @unchecked Sendable {
    enum Step: Sendable {
        /// Waits for the end of the next head, and for so many bytes behind it.
        case request(body: Int = 0)
        /// Sends all of this.
        case send(String)
        /// Sends this, a byte in each turn of the loop.
        case dribble(String)
        /// Sends zeros for ever, as fast as they are taken.
        case flood
        /// Says that nothing more comes.
        case finish
        /// Ends the connection without a good-bye.
        case reset
    }

    /// What a connection has heard and said.
    struct Heard: Sendable {
        var text = ""
        var sent = 0
        var isClosed = false
    }

    /// One for each connection, in the order in which they came.
    let heard = Watched<[Heard]>([])
    let port: UInt16
    private let loop: EventLoop
    private let listener: Int32
    /// For each connection; the last one is for all that follow.
    private let scripts: [[Step]]
    private var registration: LoopRegistration?
    private var connections: [ScriptedConnection] = []

    /// Listens at a free port of the loopback; without `accepts` nobody is let in, and one more than that waits.
    init(_ loop: EventLoop, accepts: Bool = true, scripts: [[Step]]) throws {
        self.loop = loop
        self.scripts = scripts
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                precondition(bind(listener, pointer, length) == 0, "no port to be had")
                precondition(listen(listener, accepts ? 256 : 0) == 0)
                getsockname(listener, pointer, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        if accepts { registration = try loop.register(listener, for: .readable, handler: self) }
    }

    /// On the loop.
    func close() {
        registration.map(loop.deregister)
        Glibc.close(listener)
        for connection in connections { connection.close() }
    }

    func ready(_ readiness: Readiness) {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            let number = connections.count
            let script = scripts[min(number, scripts.count - 1)]
            heard.change { $0.append(Heard()) }
            let connection = ScriptedConnection(descriptor, number, script, heard, loop)
            connections.append(connection)
            connection.begin()
        }
    }
}

/// One connection of a scripted server.
private final class ScriptedConnection: LoopHandler, TurnHandler {
    private let descriptor: Int32
    private let number: Int
    private let heard: Watched<[ScriptedServer.Heard]>
    private let loop: EventLoop
    private var steps: ArraySlice<ScriptedServer.Step>
    private var waiting: [UInt8] = []
    private var unread: [UInt8] = []
    private var isDribbling = false
    private var isOpen = true
    private var registration: LoopRegistration?
    private lazy var hook = TurnHook(loop: loop, handler: self)

    init(
        _ descriptor: Int32,
        _ number: Int,
        _ script: [ScriptedServer.Step],
        _ heard: Watched<[ScriptedServer.Heard]>,
        _ loop: EventLoop
    ) {
        (self.descriptor, self.number, self.heard, self.loop) = (descriptor, number, heard, loop)
        steps = script[...]
    }

    func begin() {
        registration = try? loop.register(descriptor, for: [.readable, .readClosed], handler: self)
        goOn()
    }

    func ready(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: [.readable, .readClosed, .failed]) { read() }
        if isOpen { goOn() }
    }

    func prepareToWait() { if isOpen { goOn() } }

    func close() {
        guard isOpen else { return }
        isOpen = false
        registration.map(loop.deregister)
        Glibc.close(descriptor)
        let number = number
        heard.change { $0[number].isClosed = true }
    }

    private func read() {
        var room = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &room, room.count, 0)
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { return close() }
            unread += room[..<count]
            let (number, text) = (number, String(decoding: room[..<count], as: UTF8.self))
            heard.change { $0[number].text += text }
        }
    }

    private func goOn() {
        while isOpen {
            if !waiting.isEmpty {
                guard write() else { return }
                continue
            }
            guard let step = steps.first else { return }
            switch step {
            case .request(let body):
                guard takeRequest(body) else { return }
            case .send(let text): (waiting, isDribbling) = (Array(text.utf8), false)
            case .dribble(let text): (waiting, isDribbling) = (Array(text.utf8), true)
            case .flood:
                (waiting, isDribbling) = ([UInt8](repeating: 0, count: 65_536), false)
                continue
            case .finish: shutdown(descriptor, Int32(SHUT_WR))
            case .reset:
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
                return close()
            }
            steps = steps.dropFirst()
        }
    }

    private func takeRequest(_ body: Int) -> Bool {
        let end = Array("\r\n\r\n".utf8)
        guard unread.count >= 4,
            let start = (0...unread.count - 4).first(where: { unread[$0..<$0 + 4].elementsEqual(end) })
        else { return false }
        guard unread.count >= start + 4 + body else { return false }
        unread.removeFirst(start + 4 + body)
        return true
    }

    /// Writes what waits; true where all of it, or the byte of this turn, is on its way and more may follow now.
    private func write() -> Bool {
        let count = isDribbling ? 1 : waiting.count
        let sent = send(descriptor, waiting, count, Int32(MSG_NOSIGNAL))
        guard sent > 0 else {
            if let registration { try? loop.update(registration, for: [.readable, .readClosed, .writable]) }
            return false
        }
        waiting.removeFirst(sent)
        let number = number
        heard.change { $0[number].sent += sent }
        if let registration { try? loop.update(registration, for: [.readable, .readClosed]) }
        guard isDribbling, !waiting.isEmpty else { return true }
        hook.mark()
        return false
    }
}
