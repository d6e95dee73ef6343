internal import MeshCore

/// Where a request goes: scheme, host, port and target, taken apart once and put together from these parts alone.
///
/// There is no place for credentials, and none for a fragment: they are refused, as is every other scheme.
package struct ClientURL: Hashable, Sendable {
    /// How one speaks there.
    package enum Scheme: String, Hashable, Sendable {
        /// In the clear.
        case http
        /// Over TLS.
        case https
    }

    /// The place without the target: what connections are made to and limits count by.
    package let origin: ClientOrigin

    /// What is asked for there.
    package let target: RequestTarget

    /// `target` at `origin`.
    package init(origin: ClientOrigin, target: RequestTarget) {
        self.origin = origin
        self.target = target
    }

    /// The URL that `text` spells; throws `malformed` for anything but an absolute one of `http` or `https`.
    ///
    /// The error tells what is wrong and nothing of the text, which may hold a key.
    package init(_ text: String) throws(HTTPError) {
        guard text.utf8.count <= Limits.HTTPClient.maximumURLBytes else {
            throw HTTPError(.malformed, "the URL has more than \(Limits.HTTPClient.maximumURLBytes) bytes")
        }
        guard let (word, rest) = Self.cut(text, behind: "://"), let scheme = Scheme(rawValue: word.lowercased()) else {
            throw HTTPError(.malformed, "the URL begins with neither http:// nor https://")
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { throw HTTPError(.malformed, "the URL holds credentials") }
        let (host, port) = try Self.split(authority)
        let path = rest[authority.endIndex...]
        let isRooted = path.first == "/"
        guard let target = RequestTarget(isRooted ? String(path) : "/" + path) else {
            throw HTTPError(.malformed, "the path or the query of the URL is not well-formed")
        }
        origin = try ClientOrigin(scheme: scheme, host: host, port: port)
        self.target = target
    }

    /// As it goes on the wire, with its query: not for logs.
    var text: String { "\(origin)\(target.text)" }

    private static func cut(_ text: String, behind mark: String) -> (Substring, Substring)? {
        var rest = text[...]
        while let first = rest.first, first != mark.first { rest = rest.dropFirst() }
        guard rest.hasPrefix(mark) else { return nil }
        return (text[..<rest.startIndex], rest.dropFirst(mark.count))
    }

    /// The host without brackets, and the port where there is one.
    private static func split(_ authority: Substring) throws(HTTPError) -> (host: String, port: UInt16?) {
        var rest = authority
        var host = ""
        if rest.first == "[" {
            let inside = rest.dropFirst().prefix { $0 != "]" }
            guard inside.endIndex < rest.endIndex, let address = IPAddress(String(inside)), address.bytes.count == 16
            else { throw HTTPError(.malformed, "what stands in brackets is no address") }
            host = String(inside)
            rest = rest[inside.endIndex...].dropFirst()
        } else {
            let name = rest.prefix { $0 != ":" }
            host = String(name)
            rest = rest[name.endIndex...]
            guard IPAddress(host)?.bytes.count != 16 else { throw HTTPError(.malformed, "the address has no brackets") }
        }
        guard let colon = rest.first else { return (host, nil) }
        let digits = rest.dropFirst()
        guard colon == ":", (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let port = UInt16(digits), port > 0
        else { throw HTTPError(.malformed, "the port of the URL is no port") }
        return (host, port)
    }
}

extension ClientURL: CustomStringConvertible {
    /// Without the query, in which people put keys.
    package var description: String { "\(origin)\(target.path)" }
}
