package import MeshCommandLine
internal import MeshCore
package import MeshIO
package import MeshTunnel

/// Where a node listens, as people write it: an address or a name of this machine, and a port.
package enum ListenAddress: Hashable, Sendable {
    /// `127.0.0.1:7411`, `[::]:7411`.
    case address(SocketAddress)
    /// `localhost:7411`.
    case name(String, port: UInt16)

    /// The address that `text` spells; nil where it spells none.
    package init?(_ text: String) {
        if let address = try? SocketAddress(text) {
            self = .address(address)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            let hub = try? HubAddress(String(text[..<colon])), case .name(let name) = hub.host,
            !text[..<colon].contains(":"), !text[..<colon].contains("/")
        else { return nil }
        self = .name(name, port: port)
    }

    /// The port; 0 for any free one.
    package var port: UInt16 {
        switch self {
        case .address(let address): address.port
        case .name(_, let port): port
        }
    }

    /// The same place with another port.
    package func with(port: UInt16) -> ListenAddress {
        switch self {
        case .address(let address): .address(address.with(port: port))
        case .name(let name, _): .name(name, port: port)
        }
    }

    /// The address to bind: of a name its first of IPv4, for that is what most who connect try, or else its first.
    package func resolved(by resolver: any HubResolver) async throws(StartError) -> SocketAddress {
        switch self {
        case .address(let address): return address
        case .name(let name, let port):
            let found = (try? await resolver.addresses(of: name)) ?? []
            guard let address = found.first(where: { $0.bytes.count == 4 }) ?? found.first else {
                throw StartError(
                    .address,
                    "the host '\(name)' has no address here: listen at an address of this machine"
                )
            }
            return SocketAddress(IPEndpoint(address: address, port: port))
        }
    }
}

extension ListenAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .address(let address): address.description
        case .name(let name, let port): "\(name):\(port)"
        }
    }
}

extension ListenAddress: CommandLineValue {
    /// With a port in any case.
    package static var commandLineSyntax: ValueSyntax<ListenAddress> {
        ValueSyntax(
            valueName: "HOST:PORT",
            expected: "an address or host with a port such as 127.0.0.1:7411, [::]:7411 or localhost:7411"
        ) { ListenAddress($0) }
    }
}

/// Where a node listens, or nowhere.
package enum ListenChoice: Hashable, Sendable {
    /// It does not.
    case off
    /// There.
    case at(ListenAddress)

    /// Where; nil for nowhere.
    package var address: ListenAddress? {
        switch self {
        case .off: nil
        case .at(let address): address
        }
    }
}

extension ListenChoice: CommandLineValue {
    /// An address with a port, or the word `off`.
    package static var commandLineSyntax: ValueSyntax<ListenChoice> {
        ValueSyntax(
            valueName: "HOST:PORT",
            expected: "off, or an address or host with a port such as 127.0.0.1:7411 or localhost:7411",
            read: { $0 == "off" ? .off : ListenAddress($0).map { .at($0) } },
            print: { $0.address?.description ?? "off" }
        )
    }
}

/// Where a hub is, as a setting.
package struct HubPlace: Hashable, Sendable, CommandLineValue {
    /// The place.
    package let address: HubAddress

    /// With or without a port.
    package static var commandLineSyntax: ValueSyntax<HubPlace> {
        ValueSyntax(
            valueName: "HOST[:PORT]",
            expected: "a host with or without a port, such as hub-1.example.org or [2001:db8::7]:7411",
            read: { (try? HubAddress($0)).map { HubPlace(address: $0) } },
            print: { $0.address.description }
        )
    }
}
