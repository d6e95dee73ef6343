internal import MeshCore

/// Answers only to its own names, so that a page from elsewhere whose name suddenly leads to this machine (DNS
/// rebinding) is refused: a browser still says the page's own name.
///
/// Addresses are always answered to: no page can make its name one.
package struct HostCheck: Middleware {
    private let names: Set<String>

    /// A check for these names, beside `localhost`; case does not count.
    package init(names: [String]) { self.names = Set(names.map { $0.lowercased() }).union(["localhost"]) }

    package func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
        guard isOurs(request.authority) else {
            throw HTTPRefusal(.misdirectedRequest, "unknown_host", "this is not the host that was asked for")
        }
        return try await next.respond(to: request)
    }

    private func isOurs(_ authority: String) -> Bool {
        guard let host = Self.host(of: authority) else { return false }
        return names.contains(host) || IPAddress(host) != nil
    }

    /// The host without its port, in lower case and without the brackets of an IPv6 address.
    private static func host(of authority: String) -> String? {
        let text = authority.lowercased()
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let host = String(text[text.index(after: text.startIndex)..<end])
            guard isPort(text[text.index(after: end)...]), host.contains(":") else { return nil }
            return host
        }
        let cut = text.firstIndex(of: ":") ?? text.endIndex
        guard isPort(text[cut...]), cut > text.startIndex else { return nil }
        return String(text[..<cut])
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard let colon = text.first else { return true }
        return colon == ":" && UInt16(text.dropFirst()) != nil && !text.contains("+")
    }
}
