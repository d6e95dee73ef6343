internal import CMeshSockets
internal import Glibc
package import MeshCore

/// An IPv4 or IPv6 address with a port: a value of fixed size.
///
/// An IPv4 address that an IPv6 socket shows as `::ffff:a.b.c.d` is an IPv4 address here.
package struct SocketAddress: Hashable, Sendable {
    /// What kind of address it is.
    package enum Family: UInt8, Hashable, Sendable {
        case ipv4
        case ipv6
    }

    // The sixteen bytes of an IPv6 address as two numbers; an IPv4 address is the low half of `low`.
    private let high: UInt64
    private let low: UInt64

    /// The link that an IPv6 address of one link belongs to; 0 for all others.
    package let scope: UInt32

    /// The port.
    package let port: UInt16

    /// What kind of address it is.
    package let family: Family

    /// An IPv4 address from its four bytes.
    package init(ipv4 bytes: (UInt8, UInt8, UInt8, UInt8), port: UInt16) {
        high = 0
        low = UInt64(bytes.0) << 24 | UInt64(bytes.1) << 16 | UInt64(bytes.2) << 8 | UInt64(bytes.3)
        scope = 0
        self.port = port
        family = .ipv4
    }

    /// An IPv6 address from its eight groups.
    package init(ipv6 groups: InlineArray<8, UInt16>, port: UInt16, scope: UInt32 = 0) {
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        for index in 0..<4 {
            halves.high = halves.high << 16 | UInt64(groups[index])
            halves.low = halves.low << 16 | UInt64(groups[index + 4])
        }
        self.init(ipv6High: halves.high, low: halves.low, port: port, scope: scope)
    }

    private init(ipv6High high: UInt64, low: UInt64, port: UInt16, scope: UInt32) {
        let isMapped = high == 0 && low >> 32 == 0xFFFF
        self.high = high
        self.low = isMapped ? low & 0xFFFF_FFFF : low
        self.scope = isMapped ? 0 : scope
        self.port = port
        family = isMapped ? .ipv4 : .ipv6
    }

    /// `0.0.0.0`: all IPv4 addresses of this machine.
    package static func anyIPv4(port: UInt16) -> SocketAddress { SocketAddress(ipv4: (0, 0, 0, 0), port: port) }

    /// `[::]`: all addresses of this machine, IPv4 too where the socket serves both.
    package static func anyIPv6(port: UInt16) -> SocketAddress {
        SocketAddress(ipv6High: 0, low: 0, port: port, scope: 0)
    }

    /// `127.0.0.1`.
    package static func loopbackIPv4(port: UInt16) -> SocketAddress { SocketAddress(ipv4: (127, 0, 0, 1), port: port) }

    /// `[::1]`.
    package static func loopbackIPv6(port: UInt16) -> SocketAddress {
        SocketAddress(ipv6High: 0, low: 1, port: port, scope: 0)
    }

    /// Whether it stands for all addresses of the machine.
    package var isWildcard: Bool { high == 0 && low == 0 }

    /// Whether it leads to this machine alone.
    package var isLoopback: Bool { family == .ipv4 ? low >> 24 == 127 : high == 0 && low == 1 }

    /// The same address with another port.
    package func with(port: UInt16) -> SocketAddress {
        switch family {
        case .ipv4: SocketAddress(ipv4: ipv4Bytes, port: port)
        case .ipv6: SocketAddress(ipv6High: high, low: low, port: port, scope: scope)
        }
    }

    /// What one sender has at least: an IPv4 address, or the first half of an IPv6 address.
    package struct Network: Hashable, Sendable {
        private let family: Family
        private let bits: UInt64

        fileprivate init(_ family: Family, _ bits: UInt64) {
            self.family = family
            self.bits = bits
        }
    }

    /// The network that it belongs to.
    package var network: Network { Network(family, family == .ipv4 ? low : high) }

    /// The four bytes of an IPv4 address.
    var ipv4Bytes: (UInt8, UInt8, UInt8, UInt8) {
        (
            UInt8(truncatingIfNeeded: low >> 24), UInt8(truncatingIfNeeded: low >> 16),
            UInt8(truncatingIfNeeded: low >> 8), UInt8(truncatingIfNeeded: low)
        )
    }

    /// The group at `index` of an IPv6 address.
    func group(_ index: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64((3 - index & 3) * 16))
    }
}

// MARK: - As C has it

extension SocketAddress {
    /// The address that C filled in; nil where it is of neither family.
    init?(_ address: cmesh_address, port: UInt16? = nil) {
        let port = port ?? address.port
        let bytes = address.bytes
        switch Int32(address.family) {
        case AF_INET: self.init(ipv4: (bytes.0, bytes.1, bytes.2, bytes.3), port: port)
        case AF_INET6:
            let (high, low) = withUnsafeBytes(of: bytes) { bytes in
                (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            self.init(
                ipv6High: UInt64(bigEndian: high),
                low: UInt64(bigEndian: low),
                port: port,
                scope: address.scope
            )
        default: return nil
        }
    }

    /// The address for a socket of `socketFamily`: an IPv4 address is mapped for an IPv6 socket.
    func forC(socketFamily: Family) -> cmesh_address {
        var address = cmesh_address()
        address.port = port
        address.scope = scope
        let isMapped = family == .ipv4 && socketFamily == .ipv6
        address.family = UInt16(family == .ipv4 && !isMapped ? AF_INET : AF_INET6)
        withUnsafeMutableBytes(of: &address.bytes) { bytes in
            if family == .ipv4, !isMapped {
                bytes.storeBytes(of: UInt32(truncatingIfNeeded: low).bigEndian, as: UInt32.self)
            } else {
                let low = isMapped ? low | 0xFFFF_0000_0000 : low
                bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
                bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
        }
        return address
    }
}

// MARK: - As others have it

extension SocketAddress {
    /// The address and port of `endpoint`.
    package init(_ endpoint: IPEndpoint) {
        let bytes = endpoint.address.bytes
        if bytes.count == 4 {
            self.init(ipv4: (bytes[0], bytes[1], bytes[2], bytes[3]), port: endpoint.port)
        } else {
            let halves = (0..<2).map { half in bytes[half * 8..<half * 8 + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            self.init(ipv6High: halves[0], low: halves[1], port: endpoint.port, scope: 0)
        }
    }
}
