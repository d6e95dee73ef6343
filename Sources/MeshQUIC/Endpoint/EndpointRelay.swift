internal import MeshIO

/// Stands between a loop and an endpoint.
///
/// A loop keeps whom it tells by weak references. An object that has had one is counted through a side table from then
/// on, which makes each reference several times as dear; so the weak ones are to this, which goes with its endpoint.
///
/// Whoever waited for an endpoint to be closed may let it go on a thread of their own, while the turn in which it was
/// closed still has something to tell: so a closed endpoint is told nothing.
final class EndpointRelay {
    private unowned var endpoint: QUICEndpoint?

    init(_ endpoint: QUICEndpoint) { self.endpoint = endpoint }

    /// The endpoint is closed, on its loop.
    func forget() { endpoint = nil }
}

extension EndpointRelay: UDPSocketOwner {
    func received(_ datagram: borrowing ReceivedDatagram) { endpoint?.received(datagram) }
    func receivedAll() {}
    func sendingUnblocked() { endpoint?.flushAfterBlock() }
}

extension EndpointRelay: TurnHandler {
    func prepareToWait() { endpoint?.flush() }
}
