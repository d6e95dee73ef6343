package import MeshActors
internal import MeshCore
internal import MeshQUIC
package import MeshTunnel

/// Opens streams of bytes to whichever hub an edge's tunnel leads to at that moment.
package struct HubChannels: ByteChannelOpener {
    private let edge: Edge

    /// Streams of `edge`.
    package init(of edge: Edge) { self.edge = edge }

    /// Opens a stream for `purpose`; `unreachable` where the tunnel is not connected.
    package func open(_ purpose: String, offset: UInt64) async throws(TransportError) -> any ByteChannel {
        try await hub().open(purpose, offset: offset)
    }

    private func hub() throws(TransportError) -> PeerChannels {
        guard let hub = edge.tunnel.state.hub else {
            throw TransportError(.unreachable, "the tunnel is \(edge.tunnel.state.phase.rawValue)")
        }
        return PeerChannels(edge.transport, to: hub)
    }
}

extension HubChannels: AnswerChannelOpener {
    /// Whether the tunnel leads to a hub.
    package var isConnected: Bool { edge.tunnel.state.hub != nil }

    /// Opens a stream that asks the hub; `unreachable` where the tunnel is not connected.
    package func open(asking payload: [UInt8]) async throws(TransportError) -> any ByteChannel {
        try await hub().open(asking: payload)
    }
}

extension Edge {
    /// What downloads and uploads of this edge need: they wait while the tunnel is down, and go on with it.
    ///
    /// Streams are opened by `opener`, which is ``HubChannels`` unless somebody wants to see them. Where the tunnel has
    /// failed for good, a stream is given up after its few attempts.
    package func streams(by opener: (any ByteChannelOpener)? = nil) -> TunnelStreams {
        TunnelStreams(opener: opener ?? HubChannels(of: self), clock: clock) {
            [self] () async throws(CancellationError) in try await waitForTunnel()
        }
    }

    /// Returns when there is a tunnel; also where there never will be one again.
    func waitForTunnel() async throws(CancellationError) {
        while !Task.isCancelled {
            do throws(TunnelError) {
                return try await tunnel.waitUntilConnected(deadline: clock.now + Self.patienceOfOneWait)
            } catch {
                // It will not be connected by itself: whoever opens a stream is told why.
                if error.code == .over, !Task.isCancelled { return }
            }
        }
        throw CancellationError()
    }

    private static let patienceOfOneWait = Duration.seconds(60)
}
