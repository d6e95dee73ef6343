/// Where a node is reached: an address of IP and a port of UDP.
package struct IPEndpoint: Hashable, Sendable {
    /// The address.
    package let address: IPAddress

    /// The port.
    package let port: UInt16

    /// `port` at `address`.
    package init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}

extension IPEndpoint: CustomStringConvertible {
    /// `192.0.2.7:7411`, `[2001:db8::7]:7411`.
    package var description: String {
        address.bytes.count == 4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}
