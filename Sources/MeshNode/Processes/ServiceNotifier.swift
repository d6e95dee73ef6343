internal import Glibc
internal import MeshActors
package import MeshCore
internal import MeshIO

/// Tells the service manager how the node stands (sd_notify(3)), where one has said at which socket it listens.
///
/// Nobody's thread waits for one that does not read. A notice it then does not get: the next says as much. What it must
/// know is told in its order, and waited for no longer than ``Limits/Process/managerPatience``.
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
    package func ready(_ status: String, _ notices: [LogField] = []) async {
        await tell("READY=1\nSTATUS=\(status)" + Self.lines(notices))
    }

    /// Something about the node has changed; lost where the manager has read nothing for long.
    package func notice(_ notices: [LogField]) {
        guard let address else { return }
        _ = send("STATUS=serving" + Self.lines(notices), to: address, isWaiting: false)
    }

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
    package func reloading() async {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        await tell("RELOADING=1\nMONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1_000)")
    }

    /// It leaves.
    package func stopping() async { await tell("STOPPING=1") }

    /// Tells it what it must know: at once, or on a thread that waits for room.
    private func tell(_ text: String) async {
        guard let address, !send(text, to: address, isWaiting: false) else { return }
        let end = OneShot<Bool>()
        let isWaited = WorkThread.start { end.open(send(text, to: address, isWaiting: true)) }
        // Whoever is cancelled goes on; the thread tells it all the same.
        if isWaited { _ = try? await end.wait() }
    }

    /// One datagram, and no complaint where nobody takes it: the node does not depend on its manager.
    ///
    /// Returns whether the matter is settled: false only where there was no room for it.
    private func send(_ text: String, to address: String, isWaiting: Bool) -> Bool {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let path = Array(address.utf8)
        let room = MemoryLayout.size(ofValue: name.sun_path)
        guard path.count < room else { return true }
        withUnsafeMutableBytes(of: &name.sun_path) { bytes in
            bytes.copyBytes(from: path)
            // An abstract name begins with a zero.
            if path.first == UInt8(ascii: "@") { bytes[0] = 0 }
        }
        let length = MemoryLayout<sockaddr_un>.size - room + path.count
        let file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard file >= 0 else { return true }
        defer { close(file) }
        var patience = timeval(tv_sec: Int(Limits.Process.managerPatience.components.seconds), tv_usec: 0)
        setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let line = Array(text.utf8)
        let flags = Int32(MSG_NOSIGNAL) | (isWaiting ? 0 : Int32(MSG_DONTWAIT))
        let status = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(file, line, line.count, flags, $0, socklen_t(length))
            }
        }
        return status >= 0 || errno != EAGAIN
    }
}
