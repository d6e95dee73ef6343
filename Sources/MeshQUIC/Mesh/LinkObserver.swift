package import MeshCore
package import MeshWire

/// What to do about a frame on the control stream.
package enum ControlAnswer: Hashable, Sendable {
    /// Send this back.
    case answer(Frame)
    /// It was taken.
    case nothing
    /// It breaks a rule, or is one too many: say so, with words for people, and end the link.
    case refuse(PeerErrorCode, String)
    /// This node has no use for it.
    case notKnown
}

/// When a peer that leaves is told that we begin nothing more either.
package enum FarewellAnswer: Hashable, Sendable {
    /// As soon as nothing of ours is under way.
    case whenIdle
    /// When the observer has the link retired, because there is another by then.
    case whenRetired
}

/// Whoever wants to know of a transport's links, and answers what is no request.
///
/// Called on the loop: return at once.
package protocol LinkObserver: Sendable {
    /// Requests to `peer` may be made from now on; a link to it that is older is used no more.
    func linkOpened(to peer: LinkPeer)

    /// A link has ended; `peer` is nil where it never opened.
    func linkClosed(to peer: LinkPeer?, _ reason: CloseReason)

    /// `peer` will close the link; no further request is sent on it, and those under way may end.
    func linkIsLeaving(to peer: LinkPeer, _ farewell: GoAway) -> FarewellAnswer

    /// A frame other than a hello has arrived on the control stream of the link to `peer`.
    func control(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer

    /// A datagram has arrived.
    func received(datagram: [UInt8], from node: NodeID)
}

extension LinkObserver {
    /// Ignored.
    package func linkOpened(to peer: LinkPeer) {}
    /// Ignored.
    package func linkClosed(to peer: LinkPeer?, _ reason: CloseReason) {}
    /// Answered when nothing is under way.
    package func linkIsLeaving(to peer: LinkPeer, _ farewell: GoAway) -> FarewellAnswer { .whenIdle }
    /// Not known.
    package func control(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer { .notKnown }
    /// Ignored.
    package func received(datagram: [UInt8], from node: NodeID) {}
}

/// Knows of nothing and wants nothing.
package struct NoLinkObserver: LinkObserver {
    /// The observer.
    package init() {}
}
