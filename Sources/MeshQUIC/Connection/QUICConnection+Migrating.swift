internal import CMeshQUIC
internal import MeshCore
internal import MeshIO

extension QUICConnection {
    /// The endpoint sends from `address` from now on: the server is shown the new path and asked to confirm it.
    ///
    /// A client's alone (RFC 9000 §9). Returns whether ``QUICEndpoint/migrationEnded(_:)`` follows.
    func move(to address: SocketAddress) -> Bool {
        precondition(!isServer, "only clients migrate")
        guard !isOver else { return false }
        local = address
        endpoint.receivedPath.set(remote: remote, local: address)
        let path = endpoint.receivedPath.path
        if isEstablished, ngtcp2_conn_initiate_immediate_migration(raw, path, endpoint.now) == 0 {
            isMigrating = true
        } else {
            // Too early, or no spare id: the server finds the new address by itself (RFC 9000 §9.3).
            ngtcp2_conn_set_local_addr(raw, &path.pointee.local)
        }
        endpoint.isDirty(self)
        return isMigrating
    }
}
