internal import Glibc
package import MeshCore

/// Tells the service manager how the node stands (sd_notify(3)), where one has said at which socket it listens.
package struct ServiceNotifier: Sendable {
    private let address: String?

    /// A notifier that speaks to the socket of `NOTIFY_SOCKET`; it is silent where that is nil or no path.
    package init(socket address: String?) {
        let isPath = address.map { $0.hasPrefix("/") || $0.hasPrefix("@") } ?? false
        self.address = isPath ? address : nil
    }

    /// The notifier that the environment of this process asks for.
    static var ofThisProcess: ServiceNotifier {
        ServiceNotifier(socket: getenv("NOTIFY_SOCKET").map { String(cString: $0) })
    }

    /// Whether anybody is told.
    package var isHeard: Bool { address != nil }

    /// The node serves; `status` is for people, `notices` for who knows this program: `X_MESHNODE_ADDRESS=…`.
    package func ready(_ status: String, _ notices: [LogField] = []) {
        send("READY=1\nSTATUS=\(status)" + Self.lines(notices))
    }

    /// Something about the node has changed.
    package func notice(_ notices: [LogField]) { send("STATUS=serving" + Self.lines(notices)) }

    /// One line for each, under names of our own, as sd_notify(3) asks for them.
    private static func lines(_ notices: [LogField]) -> String {
        notices.reduce(into: "") { text, field in
            let value =
                switch field.value {
                case .text(let text): text.prefix { !$0.isNewline }.description
                case .integer(let number): "\(number)"
                case .flag(let flag): flag ? "1" : "0"
                case .duration(let duration): "\(duration.wholeNanoseconds)"
                }
            text += "\nX_MESHNODE_\(field.key.name.uppercased())=\(value)"
        }
    }

    /// It reads its configuration again; ``ready(_:)`` follows.
    package func reloading() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        send("RELOADING=1\nMONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1_000)")
    }

    /// It leaves.
    package func stopping() { send("STOPPING=1") }

    /// One datagram, and no complaint where nobody takes it: the node does not depend on its manager.
    ///
    /// One that reads nothing is waited for no longer than ``Limits/Process/managerPatience``.
    private func send(_ text: String) {
        guard let address else { return }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let path = Array(address.utf8)
        let room = MemoryLayout.size(ofValue: name.sun_path)
        guard path.count < room else { return }
        withUnsafeMutableBytes(of: &name.sun_path) { bytes in
            bytes.copyBytes(from: path)
            // An abstract name begins with a zero.
            if path.first == UInt8(ascii: "@") { bytes[0] = 0 }
        }
        let length = MemoryLayout<sockaddr_un>.size - room + path.count
        let file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard file >= 0 else { return }
        defer { close(file) }
        var patience = timeval(tv_sec: Int(Limits.Process.managerPatience.components.seconds), tv_usec: 0)
        setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let line = Array(text.utf8)
        withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(file, line, line.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
            }
        }
    }
}
