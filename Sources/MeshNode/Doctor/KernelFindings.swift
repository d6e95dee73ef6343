internal import Glibc
internal import MeshAPI
internal import MeshIO

/// What was found of the kernel.
package struct KernelFindings: Hashable, Sendable {
    /// Its name and release.
    package let release: String
    /// What a socket for datagrams can do; nil where none could be opened.
    package let socket: Socket?
    /// Whether there is IPv6.
    package let hasIPv6: Bool

    /// What a socket that was opened as a node's is can do.
    package struct Socket: Hashable, Sendable {
        /// Whether the kernel cuts trains (GSO).
        package let isSegmenting: Bool
        /// Whether it joins datagrams (GRO).
        package let isJoining: Bool
        /// What it granted for receiving.
        package let receiveBytes: Int
        /// What it granted for sending.
        package let sendBytes: Int

        /// What was found.
        package init(isSegmenting: Bool, isJoining: Bool, receiveBytes: Int, sendBytes: Int) {
            self.isSegmenting = isSegmenting
            self.isJoining = isJoining
            self.receiveBytes = receiveBytes
            self.sendBytes = sendBytes
        }
    }

    /// These findings.
    package init(release: String, socket: Socket?, hasIPv6: Bool) {
        self.release = release
        self.socket = socket
        self.hasIPv6 = hasIPv6
    }

    /// What is to be thought of them.
    package var checks: [DoctorCheck] { [datagrams, addresses] }

    private var datagrams: DoctorCheck {
        let name = "kernel"
        guard let socket else {
            return DoctorCheck(
                name,
                .failure,
                "\(release): no socket for UDP can be opened",
                advice: "Allow this user, container or sandbox sockets for UDP"
            )
        }
        let missing = [socket.isSegmenting ? nil : "GSO", socket.isJoining ? nil : "GRO"].compactMap { $0 }
        guard !missing.isEmpty else { return DoctorCheck(name, .ok, "\(release), UDP with GSO and GRO") }
        return DoctorCheck(
            name,
            .warning,
            "\(release): UDP without \(missing.joined(separator: " and "))",
            advice: "Use Linux 5.0 or later: each datagram costs a call without them"
        )
    }

    private var addresses: DoctorCheck {
        guard !hasIPv6 else { return DoctorCheck("kernel.ipv6", .ok, "there is IPv6") }
        return DoctorCheck("kernel.ipv6", .ok, "there is no IPv6: nodes use IPv4 alone")
    }
}

extension KernelFindings {
    /// Reads them of this machine by a socket on `loop`.
    static func read(on loop: EventLoop) async -> KernelFindings {
        var name = utsname()
        uname(&name)
        let (system, release) = (name.sysname, name.release)
        let hasIPv6 = await socket(.anyIPv6(port: 0), loop) != nil
        return KernelFindings(
            release: "\(text(of: system)) \(text(of: release))",
            socket: await socket(.anyIPv4(port: 0), loop),
            hasIPv6: hasIPv6
        )
    }

    private static func socket(_ address: SocketAddress, _ loop: EventLoop) async -> Socket? {
        try? await loop.run {
            let socket = try UDPSocket(loop: loop, address: address)
            defer { socket.close() }
            return Socket(
                isSegmenting: socket.isSegmenting,
                isJoining: socket.isJoining,
                receiveBytes: socket.receiveBufferBytes,
                sendBytes: socket.sendBufferBytes
            )
        }
    }

    /// A field of C, up to its zero.
    private static func text<Field>(of field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
