package import MeshCommandLine
internal import MeshCore
package import MeshHTTP
internal import MeshIO

/// Where a gateway is, as people say it: `http://127.0.0.1:7413`, or without the scheme.
package struct GatewayPlace: Hashable, Sendable, CommandLineValue {
    /// Scheme, host and port.
    package let origin: ClientOrigin

    /// The place that `text` spells; nil where it spells none, or says more than scheme, host and port.
    package init?(_ text: String) {
        let hasScheme = text.hasPrefix("http://") || text.hasPrefix("https://")
        guard let url = try? ClientURL(hasScheme ? text : "http://" + text), url.target.text == "/" else { return nil }
        origin = url.origin
    }

    /// Where nodes of this machine answer, the first that does counts: an edge, then a hub; a hub first for those who
    /// need one.
    package static func usual(needsHub: Bool) -> [GatewayPlace] {
        (needsHub ? [hub, edge] : [edge, hub]).compactMap { $0 }
    }

    /// Where an edge of this machine answers.
    package static var edge: GatewayPlace? { GatewayPlace("http://127.0.0.1:8787") }

    private static var hub: GatewayPlace? { GatewayPlace("http://127.0.0.1:7413") }

    /// Whether nobody on the way reads what is sent there: over TLS, or inside this machine.
    package var keepsSecrets: Bool {
        if origin.scheme == .https || origin.host == "localhost" { return true }
        guard let address = IPAddress(origin.host) else { return false }
        return SocketAddress(IPEndpoint(address: address, port: origin.port)).isLoopback
    }

    /// What lies at `target` there.
    func url(_ target: String) -> ClientURL? {
        RequestTarget(target).map { ClientURL(origin: origin, target: $0) }
    }

    /// How a command line spells one.
    package static var commandLineSyntax: ValueSyntax<GatewayPlace> {
        ValueSyntax(
            valueName: "URL",
            expected: "where a gateway is, such as http://127.0.0.1:7413 or hub-1.example.org:7413",
            read: { GatewayPlace($0) },
            print: \.description
        )
    }
}

extension GatewayPlace: CustomStringConvertible {
    /// `http://127.0.0.1:7413`.
    package var description: String { origin.description }
}
