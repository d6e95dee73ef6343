internal import Glibc
internal import MeshAPI
package import MeshIO

/// What was found of a port at which a hub is to listen.
package struct PortFindings: Hashable, Sendable {
    /// Which setting says so: `hub.listen`.
    package let setting: String
    /// UDP or TCP.
    package let kind: Kind
    /// Where; nil where the name has no address.
    package let address: SocketAddress?
    /// How it is.
    package let condition: Condition

    /// Which protocol listens.
    package enum Kind: String, Hashable, Sendable {
        case udp = "UDP"
        case tcp = "TCP"
    }

    /// How a port is.
    package enum Condition: Hashable, Sendable {
        /// Anybody may take it.
        case free
        /// A process has it; nil where it belongs to another user, or is none of this container.
        case held(by: Holder?)
        /// The kernel's number of the error.
        case refused(Int32)
        /// The name has no address.
        case unknownName
    }

    /// Who has a port.
    package struct Holder: Hashable, Sendable {
        /// Its number.
        package let process: Int32
        /// Its program.
        package let name: String

        /// This process.
        package init(process: Int32, name: String) {
            self.process = process
            self.name = name
        }
    }

    /// These findings.
    package init(setting: String, kind: Kind, address: SocketAddress?, condition: Condition) {
        self.setting = setting
        self.kind = kind
        self.address = address
        self.condition = condition
    }

    /// What is to be thought of them; `node` is the process that has the hub's folder, `own` this one.
    package func check(node: Int32?, own: Int32) -> DoctorCheck {
        let name = "ports.\(setting)"
        let place = "\(address.map { "\($0)" } ?? "it") (\(kind.rawValue))"
        switch condition {
        case .free:
            return DoctorCheck(name, .ok, "\(place) is free")
        case .held(let holder?) where holder.process == node || holder.process == own:
            let who = holder.process == own ? "this process" : "the hub, process \(holder.process),"
            return DoctorCheck(name, .ok, "\(who) listens at \(place)")
        case .held(let holder):
            let who = holder.map { "process \($0.process) (\($0.name))" } ?? "another user's process"
            return DoctorCheck(
                name,
                .failure,
                "\(who) listens at \(place)",
                advice: "Stop it, or choose another port for \(setting)"
            )
        case .refused(EADDRNOTAVAIL):
            return DoctorCheck(
                name,
                .failure,
                "\(place) is no address of this machine",
                advice: "Choose one of its own for \(setting)"
            )
        case .refused(EACCES), .refused(EPERM):
            return DoctorCheck(
                name,
                .failure,
                "this user may not listen at \(place)",
                advice: "Choose a port above 1023 for \(setting)"
            )
        case .refused(let number):
            return DoctorCheck(name, .failure, "nobody can listen at \(place): \(String(cString: strerror(number)))")
        case .unknownName:
            return DoctorCheck(
                name,
                .failure,
                "the host that \(setting) names has no address here",
                advice: "Name an address of this machine"
            )
        }
    }
}

extension PortFindings {
    /// Reads them by binding a socket for an instant, and where that fails by looking for who has it.
    static func read(_ setting: String, _ kind: Kind, _ address: SocketAddress?) -> PortFindings {
        let condition: Condition
        switch address.map({ bind(kind, $0) }) {
        case nil: condition = .unknownName
        case 0?: condition = .free
        case EADDRINUSE?: condition = .held(by: address.flatMap { holder(kind, $0) })
        case let number?: condition = .refused(number)
        }
        return PortFindings(setting: setting, kind: kind, address: address, condition: condition)
    }

    /// 0, or the number of the error.
    private static func bind(_ kind: Kind, _ address: SocketAddress) -> Int32 {
        let family = address.family == .ipv4 ? AF_INET : AF_INET6
        let form = Int32(kind == .udp ? SOCK_DGRAM.rawValue : SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let file = socket(family, form, 0)
        guard file >= 0 else { return errno }
        defer { close(file) }
        var (yes, no) = (Int32(1), Int32(0))
        // As a node's sockets are: what rests of closed connections is in nobody's way.
        if kind == .tcp { setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, 4) }
        if address.family == .ipv6 { setsockopt(file, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &no, 4) }
        let status = address.withSystemAddress { name in
            name.baseAddress.map {
                Glibc.bind(file, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(name.count))
            } ?? -1
        }
        return status == 0 ? 0 : errno
    }

    private static func holder(_ kind: Kind, _ address: SocketAddress) -> Holder? {
        let word = kind.rawValue.lowercased()
        let sockets = ["/proc/net/\(word)", "/proc/net/\(word)6"].flatMap { path in
            ProcessTable.lines(of: path) {
                SocketTable.inodes(in: $0, port: address.port, isListening: kind == .tcp)
            }
        }
        guard !sockets.isEmpty else { return nil }
        let wanted = Set(sockets.map { "socket:[\($0)]" })
        for process in ProcessTable.processes() where ProcessTable.hasOpen(wanted, process) {
            return Holder(process: process, name: ProcessTable.name(of: process) ?? "?")
        }
        return nil
    }
}
