internal import MeshCore

/// A server as one connects to it: scheme, host and port.
package struct ClientOrigin: Hashable, Sendable {
    /// How one speaks there.
    package let scheme: ClientURL.Scheme

    /// A name in lower case, or an address without brackets.
    package let host: String

    /// The port.
    package let port: UInt16

    /// The server at `host`; without `port` at the usual one of `scheme`.
    ///
    /// Throws `malformed` where `host` is neither an address nor a name of letters, digits, `-` and `_`. A name whose
    /// last part is a number is none either: `127.1` and `0x7f000001` would be read as addresses further down.
    package init(scheme: ClientURL.Scheme, host: String, port: UInt16? = nil) throws(HTTPError) {
        if let address = IPAddress(host) {
            self.host = "\(address)"
        } else {
            guard Self.isName(host.utf8) else {
                throw HTTPError(.malformed, "the host is neither a name nor an address")
            }
            self.host = host.lowercased()
        }
        self.scheme = scheme
        self.port = port ?? (scheme == .https ? 443 : 80)
    }

    private static func isName(_ host: String.UTF8View) -> Bool {
        guard (1...253).contains(host.count) else { return false }
        let parts = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let areParts = parts.allSatisfy { part in
            (1...63).contains(part.count)
                && part.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
                    default: false
                    }
                }
        }
        guard areParts, let last = parts.last else { return false }
        let isNumber = last.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        let isHexadecimal = last.starts(with: "0x".utf8) || last.starts(with: "0X".utf8)
        return !isNumber && !isHexadecimal
    }
}

extension ClientOrigin: CustomStringConvertible {
    /// `https://example.org:443`.
    package var description: String {
        let isVersion6 = host.utf8.contains(UInt8(ascii: ":"))
        return "\(scheme.rawValue)://\(isVersion6 ? "[\(host)]" : host):\(port)"
    }
}
