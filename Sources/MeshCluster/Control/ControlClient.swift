internal import Glibc
internal import MeshCore
internal import MeshJSON

/// Asks a cluster that runs.
enum ControlClient {
    /// The socket, in ``SocketFolder``.
    static let socketName = "control"

    /// The answer to `request` of the cluster in `folder`; where it is to end, it has when this returns.
    static func ask(_ request: ControlRequest, in folder: String) throws(ClusterError) -> JSONObject {
        let descriptor = try connect(to: folder)
        defer { close(descriptor) }
        let line = Array((request.line + "\n").utf8)
        guard send(descriptor, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else {
            throw ClusterError(.notRunning, "the cluster in '\(folder)' does not take requests")
        }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < Limits.Cluster.answerBytes {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += piece[..<count]
            // One line is all there is; after the last one comes the end itself.
            if request != .down, piece[..<count].contains(UInt8(ascii: "\n")) { break }
        }
        guard let object = (try? JSONReader.read(bytes))?.object else {
            throw ClusterError(.notRunning, "the cluster in '\(folder)' gave no answer")
        }
        if let words = object["error"]?.text { throw ClusterError(.refused, words) }
        return object
    }

    private static func connect(to folder: String) throws(ClusterError) -> Int32 {
        let none = ClusterError(
            .notRunning,
            "no cluster runs in '\(folder)': start one (meshnode cluster up), or say where it is (--folder)"
        )
        guard let place = SocketFolder.open(in: folder) else { throw none }
        defer { close(place) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ClusterError(.failed, "a socket cannot be made") }
        var (address, length) = UnixName.file(socketName, in: place)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, length) == 0 }
        }
        guard isConnected else {
            close(descriptor)
            throw none
        }
        return descriptor
    }
}
