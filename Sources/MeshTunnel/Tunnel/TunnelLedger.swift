internal import MeshCore

/// Keeps a tunnel's statistics from state to state.
struct TunnelLedger {
    /// What is counted elsewhere; times and state are added by ``statistics(now:)``.
    var counts = TunnelStatistics()

    private var state = TunnelState.disconnected
    private var connectedSince: Instant?
    private var wantedSince: Instant?

    /// The tunnel has come to `next`.
    mutating func note(_ next: TunnelState, now: Instant) {
        if case .connected(let connection) = next { noteConnection(connection) }
        if next.hub == nil, let since = connectedSince.take() {
            counts.timeConnected += now - since
        } else if next.hub != nil, connectedSince == nil {
            connectedSince = now
        }
        if !next.isWanted, let since = wantedSince.take() {
            counts.timeWanted += now - since
        } else if next.isWanted, wantedSince == nil {
            wantedSince = now
        }
        state = next
    }

    private mutating func noteConnection(_ connection: TunnelState.Connection) {
        switch state {
        case .connected(let former) where former.link == connection.link: return
        case .connected: counts.replacements += 1
        case .reconnecting: counts.reconnects += 1
        case .disconnected, .connecting, .failed: break
        }
        counts.connections += 1
        if connection.isResumed { counts.resumptions += 1 }
    }

    /// All of it, as of `now`.
    func statistics(now: Instant) -> TunnelStatistics {
        var statistics = counts
        statistics.state = state
        if let connectedSince {
            statistics.uptime = now - connectedSince
            statistics.timeConnected += now - connectedSince
        }
        if let wantedSince { statistics.timeWanted += now - wantedSince }
        return statistics
    }
}

extension TunnelState {
    /// Whether somebody wants the tunnel to be connected.
    fileprivate var isWanted: Bool {
        switch self {
        case .disconnected: false
        case .connecting, .connected, .reconnecting: true
        case .failed(let failure): failure.reason != .stopped
        }
    }
}
