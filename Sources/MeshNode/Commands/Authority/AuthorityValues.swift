internal import Glibc
internal import MeshCertificates
package import MeshCommandLine
package import MeshCore

/// Keys that an authority can be made with.
enum AuthorityAlgorithm: String, CaseIterable, CommandLineValue {
    case p256
    case ed25519

    var algorithm: KeyAlgorithm {
        switch self {
        case .p256: .p256
        case .ed25519: .ed25519
        }
    }
}

extension NodeRole: CommandLineValue {}

extension Identifier: CommandLineValue {
    /// One spelling, checked.
    package static var commandLineSyntax: ValueSyntax<Identifier> {
        ValueSyntax(
            valueName: "NAME",
            expected: "a \(Subject.noun) id (lowercase letters, digits, '-', '_', '.')",
            read: { try? Identifier($0) }
        )
    }
}

extension IPAddress: CommandLineValue {
    /// Version 4 or 6, without a port.
    package static var commandLineSyntax: ValueSyntax<IPAddress> {
        ValueSyntax(valueName: "ADDRESS", expected: "an address such as 192.0.2.7 or 2001:db8::7") { IPAddress($0) }
    }
}

/// The time of a command that is run once, by a person; a running node is given a clock.
enum CommandTime {
    static var now: WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(millisecondsSince1970: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
