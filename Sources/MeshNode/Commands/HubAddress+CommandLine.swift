package import MeshCommandLine
internal import MeshCore
internal import MeshIO
package import MeshTunnel

extension HubAddress: CommandLineValue {
    /// As people write it; with or without a port.
    package static var commandLineSyntax: ValueSyntax<HubAddress> {
        ValueSyntax(valueName: "HOST[:PORT]", expected: "a host with or without a port, such as hub-1.example.org:7411")
        {
            try? HubAddress($0)
        }
    }
}

extension HubAddress {
    /// Where the hub listens for enrolment, if no port is said: one above that of tunnels.
    static let enrolmentPort = defaultPort + 1

    /// Where devices without a certificate go: a port that was not said is ``enrolmentPort``.
    func enrolmentEndpoints(by resolver: any HubResolver) async throws(ResolverError) -> [SocketAddress] {
        let addresses: [IPAddress]
        switch host {
        case .address(let address): addresses = [address]
        case .name(let name): addresses = try await resolver.addresses(of: name)
        }
        let port = port == Self.defaultPort ? Self.enrolmentPort : port
        return addresses.map { SocketAddress(IPEndpoint(address: $0, port: port)) }
    }
}
