package import MeshActors
package import MeshCore
package import MeshTunnel

extension ByteStream: ByteChannel {}

/// Opens streams of bytes to one node, over whatever link there is to it.
package struct PeerChannels: ByteChannelOpener {
    private let transport: QUICTransport
    private let node: NodeID

    /// Streams to `node`.
    package init(_ transport: QUICTransport, to node: NodeID) {
        self.transport = transport
        self.node = node
    }

    /// Opens a stream for `purpose`.
    package func open(_ purpose: String, offset: UInt64) async throws(TransportError) -> any ByteChannel {
        try await transport.openStream(to: node, purpose: purpose, offset: offset)
    }

    /// Opens a stream that asks.
    package func open(asking payload: [UInt8]) async throws(TransportError) -> any ByteChannel {
        try await transport.openStream(to: node, asking: payload)
    }
}
