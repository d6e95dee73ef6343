internal import CMeshQUIC
internal import MeshCore
internal import MeshIO

extension QUICEndpoint {
    /// Goes on from a new socket, and says so to the servers of its connections (RFC 9000 §9); false where none could.
    ///
    /// The old socket is closed at once, as it is when a network is gone. A connection that has no fresh connection id
    /// for the new path goes on all the same: to its server that looks like a rebinding.
    package func migrate() -> Bool {
        guard handler == nil, let old = state, !connections.all.contains(where: \.isMigrating) else { return false }
        let address = old.socket.localAddress.with(port: 0)
        guard let socket = try? UDPSocket(loop: loop, address: address, owner: self) else { return false }
        old.trains.endTrain()
        old.socket.flush()
        old.socket.close()
        state = State(socket: socket, trains: PacketTrains(socket: socket))
        for connection in connections.all { connection.migrate(to: socket.localAddress) }
        return true
    }
}

extension QUICConnection {
    /// Sends from `local` from now on.
    func migrate(to local: SocketAddress) {
        guard isEstablished, !isServer else { return }
        endpoint.receivedPath.set(remote: remote, local: local)
        let status = ngtcp2_conn_initiate_immediate_migration(raw, endpoint.receivedPath.path, endpoint.now)
        isMigrating = status == 0
        endpoint.isDirty(self)
    }
}
