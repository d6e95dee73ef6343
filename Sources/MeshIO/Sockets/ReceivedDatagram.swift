/// The two bits by which routers say that they are congested (RFC 3168).
package enum CongestionMark: UInt8, Hashable, Sendable {
    /// The transport does not take part.
    case none = 0

    /// ECT(1).
    case capable1 = 1

    /// ECT(0).
    case capable0 = 2

    /// A router was congested.
    case congested = 3
}

/// One datagram, lent while its owner is told of it.
package struct ReceivedDatagram: ~Copyable, ~Escapable {
    /// Its bytes.
    package let bytes: RawSpan

    /// Who sent it.
    package let remote: SocketAddress

    /// The address it was sent to.
    package let local: SocketAddress

    /// What routers said.
    package let congestion: CongestionMark

    /// A datagram of `bytes`: a socket's, or one that a test makes up.
    @_lifetime(copy bytes)
    package init(bytes: RawSpan, remote: SocketAddress, local: SocketAddress, congestion: CongestionMark) {
        self.bytes = bytes
        self.remote = remote
        self.local = local
        self.congestion = congestion
    }
}
