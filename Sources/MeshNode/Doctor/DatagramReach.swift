internal import Glibc
package import MeshCore
package import MeshIO

/// How far datagrams to an address come.
package enum DatagramReach: Hashable, Sendable {
    /// A server of QUIC answers, after so long; whether it speaks the version that is spoken here.
    case answered(after: Duration, isSpokenHere: Bool)
    /// Something else answers.
    case foreign
    /// The machine is there, and nobody has the port.
    case closed
    /// Nobody answers: a firewall on the way, no machine, or a hub that hangs.
    case silent
    /// This machine knows no way, or one on the way says that there is none; with the kernel's words.
    case noRoute(String)
    /// This machine's own rules forbid it.
    case forbidden(String)

    /// How good news it is: of several addresses of a hub the best counts.
    var rank: Int {
        switch self {
        case .answered(_, let isSpokenHere): isSpokenHere ? 6 : 5
        case .foreign: 4
        case .closed: 3
        case .silent: 2
        case .forbidden: 1
        case .noRoute: 0
        }
    }
}

extension DatagramReach {
    /// Whether nobody has the port at `address`, as far as its machine says so in time.
    package static func isClosed(_ address: SocketAddress, clock: any Clock) async -> Bool {
        let pauses = [Limits.DeviceEnrolment.probePatience]
        return await Doctor.onThread { probe(address, pauses: pauses, clock: clock) == .closed } ?? false
    }

    /// Sends a probe to `address`, again where it may have been lost, and waits for what comes; blocks its thread.
    static func probe(
        _ address: SocketAddress,
        pauses: [Duration] = Limits.Doctor.probePauses,
        clock: any Clock
    ) -> DatagramReach {
        let family = address.family == .ipv4 ? AF_INET : AF_INET6
        let file = socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard file >= 0 else { return failure(errno) }
        defer { close(file) }
        // Connected, the socket hears that nobody has the port there.
        let status = address.withSystemAddress { name in
            name.baseAddress.map {
                connect(file, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(name.count))
            } ?? -1
        }
        guard status == 0 else { return failure(errno) }
        var generator = SystemRandomNumberGenerator()
        func id() -> [UInt8] { (0..<8).map { _ in UInt8.random(in: .min ... .max, using: &generator) } }
        let probe = VersionProbe(destination: id(), source: id())
        let begin = clock.now
        for pause in pauses {
            guard send(file, probe.packet, probe.packet.count, 0) >= 0 else { return failure(errno) }
            let sent = clock.now
            while let left = left(of: pause, since: sent, clock) {
                var request = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
                guard poll(&request, 1, left) > 0 else { break }
                var bytes = [UInt8](repeating: 0, count: 2_048)
                let count = recv(file, &bytes, bytes.count, Int32(MSG_DONTWAIT))
                guard count >= 0 else {
                    guard errno != EAGAIN, errno != EINTR else { continue }
                    return failure(errno)
                }
                switch probe.answer(Array(bytes[..<count])) {
                case .foreign: return .foreign
                case .versions(let versions):
                    return .answered(after: clock.now - begin, isSpokenHere: versions.contains(VersionProbe.version1))
                }
            }
        }
        return .silent
    }

    private static func left(of pause: Duration, since sent: Instant, _ clock: any Clock) -> Int32? {
        let left = sent + pause - clock.now
        return left > .zero ? Int32(clamping: left.wholeNanoseconds / 1_000_000 + 1) : nil
    }

    private static func failure(_ number: Int32) -> DatagramReach {
        let words = String(cString: strerror(number))
        switch number {
        case ECONNREFUSED: return .closed
        case EACCES, EPERM: return .forbidden(words)
        default: return .noRoute(words)
        }
    }
}
