internal import Glibc
internal import MeshActors
internal import MeshCore
internal import MeshNode

/// Where other commands reach a cluster that runs: a Unix socket in its folder, which is its owner's alone.
///
/// A thread of its own takes one request after the other, each a line, and answers with a line.
final class ControlServer: Sendable {
    private let descriptor: Int32
    private let path: String
    private let answer: @Sendable (ControlRequest) async -> String

    /// Listens in `folder`, and has requests answered by `answer`, which runs in tasks of ``run()``.
    init(in folder: String, answer: @escaping @Sendable (ControlRequest) async -> String) throws(ClusterError) {
        self.answer = answer
        path = "\(folder)/\(ControlClient.socketName)"
        let place = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard place >= 0 else { throw ClusterError(.failed, "the folder '\(folder)' cannot be opened") }
        defer { Glibc.close(place) }
        // The folder's lock is ours: what lies there is left from a cluster that was killed.
        unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ClusterError(.failed, "a socket for requests cannot be made") }
        var (address, length) = UnixName.file(ControlClient.socketName, in: place)
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        guard isBound, chmod(path, 0o600) == 0, listen(descriptor, 16) == 0 else {
            Glibc.close(descriptor)
            throw ClusterError(.failed, "'\(path)' cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    /// Answers until the calling task is cancelled.
    func run() async {
        let requests = Intake<Visit>(capacity: 16)
        let isRunning = OwnThread.run { [descriptor] in
            while true {
                let visitor = accept(descriptor, nil, nil)
                guard visitor >= 0 else {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return
                }
                _ = fcntl(visitor, F_SETFD, FD_CLOEXEC)
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
        unlink(path)
    }

    private struct Visit: Sendable {
        let descriptor: Int32
        let request: ControlRequest

        init(_ descriptor: Int32, _ request: ControlRequest) {
            self.descriptor = descriptor
            self.request = request
        }
    }

    /// Reads a line; somebody who dawdles, or says too much, is not answered.
    private static func request(of visitor: Int32) -> ControlRequest? {
        var patience = timeval(tv_sec: Int(Limits.Cluster.requestPatience.components.seconds), tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(visitor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(visitor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1_024)
        while bytes.count <= Limits.Cluster.requestBytes {
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                return ControlRequest(line: String(decoding: bytes[..<end], as: UTF8.self))
            }
            let count = read(visitor, &piece, piece.count)
            guard count > 0 else { return nil }
            bytes += piece[..<count]
        }
        return nil
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
