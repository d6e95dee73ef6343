package import MeshCore
package import MeshIO

/// Which of a transport's links, each a number of its own.
package struct PeerLinkID: Hashable, Sendable, Comparable {
    /// A later one has a higher number.
    package let number: UInt64

    /// The link of that number.
    package init(_ number: UInt64) { self.number = number }

    /// The older link has the smaller one.
    package static func < (left: PeerLinkID, right: PeerLinkID) -> Bool { left.number < right.number }
}

/// An open link, and who is at its other end.
package struct LinkPeer: Hashable, Sendable {
    /// Which link.
    package let link: PeerLinkID
    /// What the peer's certificate says, as it was checked.
    package let certificate: PeerCertificate
    /// What the peer calls its software; a claim.
    package let software: String
    /// Words that its operators have given it; a claim too.
    package let labels: NodeLabels
    /// Where its packets come from.
    package let remote: SocketAddress
    /// Whether we have made the connection.
    package let isDialled: Bool
    /// Whether it was resumed with a ticket.
    package let isResumed: Bool

    /// The peer's name.
    package var node: NodeID { certificate.identity.node }
    /// Whether it is an edge or a hub.
    package var role: NodeRole { certificate.identity.role }
}
