internal import Glibc
internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshNode

/// Where other commands reach a cluster that runs: a Unix socket in a folder that is its owner's alone.
///
/// A thread of its own takes one request after the other, each a line, and answers with a line.
final class ControlServer: Sendable {
    private let descriptor: Int32
    private let folder: String
    private let answer: @Sendable (ControlRequest) async -> String

    /// Listens in `folder`, and has requests answered by `answer`, which runs in tasks of ``run()``.
    init(in folder: String, answer: @escaping @Sendable (ControlRequest) async -> String) throws(ClusterError) {
        self.answer = answer
        self.folder = folder
        let place = try SocketFolder.make(in: folder)
        defer { Glibc.close(place) }
        // The folder's lock is ours: what lies there is left from a cluster that was killed.
        SocketFolder.remove(ControlClient.socketName, in: folder)
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw ClusterError(.failed, "a socket for requests cannot be made") }
        var (address, length) = UnixName.file(ControlClient.socketName, in: place)
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        guard isBound, listen(descriptor, 16) == 0 else {
            let words = "the socket for requests in '\(folder)' cannot be made: \(String(cString: strerror(errno)))"
            Glibc.close(descriptor)
            throw ClusterError(.failed, words)
        }
    }

    /// Answers until the calling task is cancelled.
    func run() async {
        let requests = Intake<Visit>(capacity: 16)
        let isRunning = WorkThread.start { [descriptor] in
            while true {
                guard let visitor = ControlServer.visitor(at: descriptor) else { return }
                guard let request = ControlServer.request(of: visitor), requests.offer(Visit(visitor, request)) else {
                    Glibc.close(visitor)
                    continue
                }
            }
        }
        guard isRunning else { return }
        while let visit = await requests.next() {
            let text = await answer(visit.request)
            ControlServer.send(text + "\n", to: visit.descriptor)
            // Whoever has asked for the end waits for it: the kernel closes this with the process.
            if visit.request != .down { Glibc.close(visit.descriptor) }
        }
        _ = requests.close()
    }

    /// Nobody comes any more.
    func close() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        SocketFolder.remove(ControlClient.socketName, in: folder)
    }

    private struct Visit: Sendable {
        let descriptor: Int32
        let request: ControlRequest

        init(_ descriptor: Int32, _ request: ControlRequest) {
            self.descriptor = descriptor
            self.request = request
        }
    }

    /// Waits for the next one; nil when nobody comes any more.
    private static func visitor(at descriptor: Int32) -> Int32? {
        while true {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&waiting, 1, -1)
            // No node begins in between, which would go on holding the connection.
            let (visitor, problem) = Spawner.beginning.withLock { _ in
                let visitor = accept(descriptor, nil, nil)
                if visitor >= 0 { _ = fcntl(visitor, F_SETFD, FD_CLOEXEC) }
                return (visitor, errno)
            }
            if visitor >= 0 { return visitor }
            switch problem {
            case EINTR, ECONNABORTED, EAGAIN: break
            // Whoever comes waits until there is room.
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: _ = poll(nil, 0, 100)
            default: return nil
            }
        }
    }

    /// Reads a line; somebody who dawdles, or says too much, is not answered.
    private static func request(of visitor: Int32) -> ControlRequest? {
        let deadline = milliseconds() + 1_000 * Int(Limits.Cluster.requestPatience.components.seconds)
        var patience = timeval(tv_sec: Int(Limits.Cluster.requestPatience.components.seconds), tv_usec: 0)
        setsockopt(visitor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1_024)
        while bytes.count <= Limits.Cluster.requestBytes {
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                return ControlRequest(line: String(decoding: bytes[..<end], as: UTF8.self))
            }
            var waiting = pollfd(fd: visitor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Int32(max(0, deadline - milliseconds()))) > 0 else { return nil }
            let count = recv(visitor, &piece, piece.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return nil }
            bytes += piece[..<count]
        }
        return nil
    }

    /// By a clock that nobody sets.
    private static func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }

    private static func send(_ text: String, to visitor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(visitor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
