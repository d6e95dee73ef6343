internal import Glibc

/// An address of IP, without a port: 4 bytes for version 4 or 16 for version 6.
package struct IPAddress: Hashable, Sendable {
    /// In network order.
    package let bytes: [UInt8]

    /// The address in 4 or 16 bytes; nil for any other count.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// The address that `text` spells, such as `192.0.2.7` or `2001:db8::7`; no zone, no brackets.
    package init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        guard !text.utf8.contains(0) else { return nil }
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.bytes = Array(bytes[..<4])
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.bytes = bytes
        } else {
            return nil
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The usual text, version 6 shortened (RFC 5952).
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
