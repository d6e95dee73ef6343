package import MeshCommandLine
internal import MeshCore
internal import MeshIO
package import MeshTunnel

/// Where a hub listens for enrolment, as people write it.
package struct EnrolmentAddress: Hashable, Sendable, CommandLineValue {
    /// The hub, at that port.
    package let hub: HubAddress

    /// With or without a port.
    package static var commandLineSyntax: ValueSyntax<EnrolmentAddress> {
        ValueSyntax(valueName: "HOST[:PORT]", expected: "a host with or without a port, such as hub-1.example.org:7412")
        {
            (try? HubAddress($0, port: HubAddress.enrolmentPort)).map { EnrolmentAddress(hub: $0) }
        }
    }
}

extension HubAddress {
    /// Where the hub listens for enrolment, if no port is said: one above that of tunnels.
    static let enrolmentPort = defaultPort + 1

    /// Where devices without a certificate go.
    func enrolmentEndpoints(by resolver: any HubResolver) async throws(ResolverError) -> [SocketAddress] {
        let addresses: [IPAddress]
        switch host {
        case .address(let address): addresses = [address]
        case .name(let name): addresses = try await resolver.addresses(of: name)
        }
        return addresses.map { SocketAddress(IPEndpoint(address: $0, port: port)) }
    }
}
