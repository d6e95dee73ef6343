/// The port to metrics and logs of the client.
///
/// Called on the client's loop, between calls of the library: an implementation returns at once.
package protocol ClientObserver: Sendable {
    /// Something has happened.
    func observe(_ event: ClientEvent)
}

/// What happens to a request.
package enum ClientEvent: Hashable, Sendable {
    /// It was handed in.
    case started(ClientOrigin, HTTPMethod)

    /// It has a connection, new or used before, so long after it was handed in.
    case connected(ClientOrigin, isReused: Bool, after: Duration)

    /// The head of its answer is there, so long after it was handed in.
    case answered(ClientOrigin, HTTPStatus, HTTPVersion, after: Duration)

    /// It is over; nil stands for success. Bytes are those of bodies.
    case finished(ClientOrigin, failure: HTTPErrorCode?, sent: UInt64, received: UInt64, after: Duration)
}
