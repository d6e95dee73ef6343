/// Datagrams of one size, the last possibly shorter, that go the same way.
package struct DatagramTrain: Hashable, Sendable {
    /// The bytes of each datagram but the last.
    package var segmentBytes: Int

    /// Where to.
    package var remote: SocketAddress

    /// The address to send from, on a socket bound to a wildcard; nil leaves the choice to the kernel.
    package var local: SocketAddress?

    /// What routers are told.
    package var congestion: CongestionMark

    /// A train for `remote`.
    package init(
        segmentBytes: Int,
        to remote: SocketAddress,
        from local: SocketAddress? = nil,
        congestion: CongestionMark = .none
    ) {
        self.segmentBytes = segmentBytes
        self.remote = remote
        self.local = local
        self.congestion = congestion
    }
}
