internal import MeshActors

/// Who wants a stream to a peer, now or when the peer allows another.
///
/// Confined to the loop.
protocol StreamUser: AnyObject {
    /// Nobody wants it any more.
    var isOver: Bool { get }

    /// Here it is.
    func use(_ stream: QUICStream, of link: PeerLink)

    /// There will be none.
    func fail(_ error: TransportError)
}
