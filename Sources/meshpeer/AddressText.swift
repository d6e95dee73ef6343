internal import MeshCore
internal import MeshIO

/// Addresses as the tests spell them: `127.0.0.1:0`, `[::1]:443`.
enum AddressText {
    static func parse(_ text: String) -> SocketAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[colon...].dropFirst()) else { return nil }
        let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
        guard let bytes = IPAddress(String(host))?.bytes else { return nil }
        if bytes.count == 4 { return SocketAddress(ipv4: (bytes[0], bytes[1], bytes[2], bytes[3]), port: port) }
        var groups = InlineArray<8, UInt16>(repeating: 0)
        for index in 0..<8 { groups[index] = UInt16(bytes[2 * index]) << 8 | UInt16(bytes[2 * index + 1]) }
        return SocketAddress(ipv6: groups, port: port)
    }
}
