internal import MeshCore

/// What servers have said of their connections, and so which requests they did not look at.
///
/// It rests on words for people (``CurlWords``), any of which may be missing from another version of the library. What
/// is not known counts as looked at: that costs a failure, never a second order.
package struct CurlStreams {
    /// A request as it was sent last.
    package struct Sending {
        let connection: CurlConnection
        /// The connection was retired before: the request gets no number there, and nothing of it is sent.
        let isTooLate: Bool
        /// Its number on the connection, once it was told.
        package var stream: UInt32?
    }

    /// Connections that servers have retired, each with the last stream that is taken.
    private var retirements: [CurlConnection: UInt32] = [:]
    /// Connections on which requests are known to be told their numbers.
    private var numbered: Set<CurlConnection> = []

    /// Nothing known.
    package init() {}

    /// A connection is new: what was known of another one between the same ends is no longer so.
    package mutating func connected(_ connection: CurlConnection) {
        retirements[connection] = nil
        numbered.remove(connection)
    }

    /// A request is about to be sent on `connection`.
    package func sending(on connection: CurlConnection) -> Sending {
        Sending(connection: connection, isTooLate: retirements[connection] != nil)
    }

    /// Some request on `connection` was told its number.
    package mutating func heardNumber(on connection: CurlConnection) {
        // To forget costs a request that could have been sent again, and no more.
        if numbered.count >= Limits.HTTPClient.maximumKnownOrigins { numbered = [] }
        numbered.insert(connection)
    }

    /// The server takes no stream behind `last` of `connection`.
    package mutating func retired(_ connection: CurlConnection, last: UInt32) {
        if retirements.count >= Limits.HTTPClient.maximumKnownOrigins { retirements = [:] }
        retirements[connection] = min(last, retirements[connection] ?? last)
    }

    /// Whether the server has said that it did not look at a request that was sent so.
    ///
    /// A request without a number was not sent where numbers are told, or where the connection was retired before; in
    /// all other cases the library may have left the number out.
    package func wasRefused(_ sending: Sending) -> Bool {
        guard let last = retirements[sending.connection] else { return false }
        if let stream = sending.stream { return stream > last }
        return sending.isTooLate || numbered.contains(sending.connection)
    }
}

/// A connection, by its ends.
package struct CurlConnection: Hashable {
    let remote: String
    let remotePort: Int32
    let localPort: Int32

    /// Between `remote` and a port of this machine.
    package init(remote: String, remotePort: Int32, localPort: Int32) {
        (self.remote, self.remotePort, self.localPort) = (remote, remotePort, localPort)
    }
}
