internal import MeshActors

/// Who wants a stream to a peer, now or when the peer allows another.
///
/// Confined to the loop.
protocol StreamUser: AnyObject {
    /// Nobody wants it any more.
    var isOver: Bool { get }

    /// Bytes that it keeps until it has one.
    var waitingBytes: Int { get }

    /// There is none yet; ``PeerLink/gaveUp(_:)`` is to be told if it is over before there is.
    func wait(for link: PeerLink)

    /// Here it is.
    func use(_ stream: QUICStream, of link: PeerLink)

    /// There will be none.
    func fail(_ error: TransportError)
}
