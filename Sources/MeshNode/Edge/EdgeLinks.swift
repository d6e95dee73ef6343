internal import MeshActors
internal import MeshCore
package import MeshQUIC
package import MeshTunnel
package import MeshWire

/// What happens to the links of an edge, for whoever has dialled them.
///
/// A link may end before its dialler has heard that it is open: so what happens is kept from the moment it opens.
package final class EdgeLinks: LinkObserver {
    private struct State {
        /// Of links that are open.
        var open: [PeerLinkID: LinkEvents] = [:]
        /// Of links that nobody has asked for yet.
        var untaken: [PeerLinkID: LinkEvents] = [:]
        /// Whom acknowledgements of beats are for.
        var beats: HeartbeatActor?
    }

    private let state = Lock(State())
    private let opened: @Sendable (LinkPeer) -> Void

    /// Calls `opened` on the loop for each link, before anybody uses it.
    package init(opened: @escaping @Sendable (LinkPeer) -> Void) { self.opened = opened }

    /// The events of `link`; taken once.
    func events(of link: PeerLinkID) -> LinkEvents {
        state.withLock { $0.untaken.removeValue(forKey: link) } ?? LinkEvents(over: "the link has ended")
    }

    /// How many links have opened that nobody has asked for yet.
    package var untakenCount: Int { state.withLock { $0.untaken.count } }

    /// Hands acknowledgements to `beats` from now on.
    package func use(_ beats: HeartbeatActor) { state.withLock { $0.beats = beats } }

    /// Takes what the hub says about beats; an edge that does not beat passes it over.
    package func control(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer {
        guard frame.type == .heartbeatAcknowledgement else { return .notKnown }
        do throws(WireError) {
            let acknowledgement = try frame.decode(as: BeatAcknowledgement.self)
            state.withLock { $0.beats }?.acknowledged(acknowledgement)
            return .nothing
        } catch {
            return .refuse(.protocolViolation, error.message)
        }
    }

    /// Begins to keep what happens to the link.
    package func linkOpened(to peer: LinkPeer) {
        state.withLock { state in
            let events = LinkEvents()
            state.open[peer.link] = events
            // Whoever is cancelled while its link opens never asks: the link then ends, and so does what is kept.
            if state.untaken.count >= Limits.Edge.maximumUntakenLinks { state.untaken = [:] }
            state.untaken[peer.link] = events
        }
        opened(peer)
    }

    /// The last event of the link.
    package func linkClosed(to peer: LinkPeer?, _ reason: CloseReason) {
        guard let peer else { return }
        state.withLock { $0.open.removeValue(forKey: peer.link) }?.add(.ended(reason.description))
    }

    /// The hub waits until the tunnel has another link, and retires this one.
    package func linkIsLeaving(to peer: LinkPeer, _ farewell: GoAway) -> FarewellAnswer {
        state.withLock { $0.open[peer.link] }?.add(.leaving(HubFarewell(farewell)))
        return .whenRetired
    }
}

/// The events of one link, and the one who waits for them: few by their nature, one farewell and one end.
final class LinkEvents: Sendable {
    private struct State {
        var waiting: [LinkEvent] = []
        var end: LinkEvent?
        var figures = LinkFigures()
    }

    private let state = Lock(State())
    private let signal = Signal()

    init() {}

    /// The events of a link that is over.
    init(over words: String) { state.withLock { $0.end = .ended(words) } }

    func add(_ event: LinkEvent) {
        state.withLock { state in
            switch event {
            case .leaving: if state.end == nil { state.waiting = [event] }
            case .ended: state.end = state.end ?? event
            }
        }
        signal.raise()
    }

    /// The next event; after the end it is the end again, also where the caller is cancelled.
    func next() async -> LinkEvent {
        while true {
            let event = state.withLock { $0.waiting.popLast() ?? $0.end }
            if let event { return event }
            if Task.isCancelled { return .ended("nobody waits for the link any more") }
            await signal.wait()
        }
    }

    /// What was last known of the link.
    var lastFigures: LinkFigures {
        get { state.withLock { $0.figures } }
        set { state.withLock { $0.figures = newValue } }
    }
}

extension HubFarewell {
    /// What `farewell` says.
    fileprivate init(_ farewell: GoAway) {
        self.init(
            patience: .milliseconds(Int64(farewell.patienceMilliseconds)),
            message: farewell.message,
            alternates: farewell.elsewhere.map { $0.split(separator: " ").map(String.init) } ?? [],
            window: .milliseconds(Int64(farewell.windowMilliseconds))
        )
    }
}
