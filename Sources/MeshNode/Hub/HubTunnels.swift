package import MeshCore
internal import MeshIO
package import MeshQUIC
package import MeshTunnel
package import MeshWire

/// What happens to a hub's links.
package enum LinkChange: Hashable, Sendable {
    /// It is open.
    case opened(LinkPeer)
    /// It has ended.
    case closed(LinkPeer)
}

/// The tunnels of a hub, as its links come and go.
package final class HubTunnels: LinkObserver {
    /// What has become of links.
    package struct Counts: Hashable, Sendable {
        /// Links that opened, by what that made of their tunnel.
        package fileprivate(set) var opened: [String: Int64] = [:]
        /// Links that were open and ended, by why.
        package fileprivate(set) var closed: [String: Int64] = [:]
        /// Connections that ended before anybody knew whose they were, by why.
        package fileprivate(set) var handshakesFailed: [String: Int64] = [:]
    }

    private let registry = Lock(TunnelRegistry())
    private let roster = Lock(EdgeRoster())
    private let happened = Lock(Counts())
    private let pacing: Lock<HerdPacing>
    private let clock: any Clock
    private let logger: Logger
    private let changed: @Sendable (LinkChange) -> Void
    private let beats: HubBeats?

    /// No tunnels yet, whose beats go to `beats`; `changed` is told on the loop of each link that opens or ends.
    package init(
        pacing: HerdPacing,
        clock: any Clock,
        logger: Logger,
        beats: HubBeats? = nil,
        changed: @escaping @Sendable (LinkChange) -> Void
    ) {
        self.pacing = Lock(pacing)
        self.clock = clock
        self.logger = logger
        self.changed = changed
        self.beats = beats
    }

    /// Over how long the edges shall spread their return, if the hub should vanish.
    package var windowMilliseconds: UInt32 {
        let count = count
        return pacing.withLock { $0.windowMilliseconds(tunnels: count) }
    }

    /// Spreads their return by another pacing from now on.
    package func use(_ pacing: HerdPacing) { self.pacing.withLock { $0 = pacing } }

    /// How many edges are connected.
    package var count: Int { registry.withLock { $0.count } }

    /// What has become of links; its words are few, whatever peers do.
    package var counts: Counts { happened.withLock { $0 } }

    /// The edges that are connected, in the order of their names.
    package var identities: [NodeIdentity] { registry.withLock { $0.all.map(\.identity) } }

    /// Reads or changes who is connected and who was; return at once, links wait for it.
    package func withRoster<Result: Sendable>(_ body: (inout EdgeRoster) -> Result) -> Result {
        roster.withLock { roster in body(&roster) }
    }

    /// Takes the newest link of a node for its tunnel.
    package func linkOpened(to peer: LinkPeer) {
        let tunnel = RegisteredTunnel(
            identity: peer.certificate.identity,
            keyID: peer.certificate.keyID,
            connection: peer.link.number,
            since: clock.now
        )
        let outcome = registry.withLock { $0.opened(tunnel) }
        if outcome.isTunnel, peer.role == .edge {
            let connection = EdgeRoster.Connection(peer)
            roster.withLock { $0.connected(connection, at: clock.wallTime) }
        }
        happened.withLock { $0.opened[outcome.word, default: 0] += 1 }
        let level: LogLevel = if case .full = outcome { .warning } else { .info }
        logger.log(
            level,
            .tunnelOpened,
            [
                LogField(.peer, .text(peer.certificate.identity.text)), LogField(.outcome, .text(outcome.word)),
                LogField(.address, .text(peer.remote.description)), LogField(.resumed, .flag(peer.isResumed)),
            ]
        )
        beats?.linkOpened(to: peer)
        changed(.opened(peer))
    }

    /// Forgets the tunnel, unless a newer link has taken its place.
    package func linkClosed(to peer: LinkPeer?, _ reason: CloseReason) {
        guard let peer else {
            happened.withLock { $0.handshakesFailed[reason.word, default: 0] += 1 }
            // Nobody knows who it was; refusals of certificates are among them.
            return logger.log(.debug, .handshakeFailed, [LogField(.reason, .text(reason.description))])
        }
        happened.withLock { $0.closed[reason.word, default: 0] += 1 }
        let ended = registry.withLock { $0.closed(peer.node, connection: peer.link.number) }
        if ended != nil {
            let now = clock.wallTime
            roster.withLock { $0.disconnected(peer.node, at: now, reason: reason.description) }
        }
        logger.log(
            ended == nil ? .debug : .info,
            .tunnelClosed,
            [LogField(.peer, .text(peer.node.text)), LogField(.reason, .text(reason.description))]
        )
        beats?.linkClosed(to: peer)
        changed(.closed(peer))
    }

    /// Takes beats and pre-warms.
    package func control(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer {
        beats?.control(frame, from: peer) ?? .notKnown
    }
}

extension EdgeRoster.Connection {
    /// The other end of a link as its hello and its certificate tell.
    fileprivate init(_ peer: LinkPeer) {
        self.init(
            identity: peer.certificate.identity,
            link: peer.link.number,
            address: peer.remote.description,
            software: peer.software,
            labels: peer.labels,
            certificateEnd: peer.certificate.validity.notAfter,
            isResumed: peer.isResumed
        )
    }
}

extension TunnelRegistry.Opened {
    /// Whether the link that opened is its node's tunnel now.
    fileprivate var isTunnel: Bool {
        switch self {
        case .added, .replaced: true
        case .outdated, .full: false
        }
    }

    fileprivate var word: String {
        switch self {
        case .added: "added"
        case .replaced: "replaced"
        case .outdated: "outdated"
        case .full: "full"
        }
    }
}

extension LogEvent {
    static let tunnelOpened = LogEvent("hub.tunnel-opened")
    static let tunnelClosed = LogEvent("hub.tunnel-closed")
    static let handshakeFailed = LogEvent("hub.handshake-failed")
}

extension LogKey {
    static let peer = LogKey("peer")
    static let outcome = LogKey("outcome")
    static let address = LogKey("address")
    static let resumed = LogKey("resumed")
}
