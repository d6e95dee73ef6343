/// The connections of an endpoint: whose a packet is, by the id it carries or the reset token it ends with.
struct ConnectionTable {
    private var byID: [ConnectionID: QUICConnection] = [:]
    private var byResetToken: [ConnectionID: QUICConnection] = [:]
    private var members: [ObjectIdentifier: QUICConnection] = [:]

    var count: Int { members.count }

    /// In no order.
    var all: [QUICConnection] { Array(members.values) }

    func connection(_ id: ConnectionID) -> QUICConnection? { byID[id] }

    func connection(resetBy token: ConnectionID) -> QUICConnection? { byResetToken[token] }

    mutating func add(_ connection: QUICConnection) { members[ObjectIdentifier(connection)] = connection }

    mutating func add(_ id: ConnectionID, of connection: QUICConnection) {
        byID[id] = connection
        connection.connectionIDs.append(id)
    }

    mutating func remove(_ id: ConnectionID, of connection: QUICConnection) {
        byID[id] = nil
        connection.connectionIDs.removeAll { $0 == id }
    }

    mutating func add(resetToken token: ConnectionID, of connection: QUICConnection) {
        byResetToken[token] = connection
        connection.resetTokens.append(token)
    }

    mutating func remove(resetToken token: ConnectionID, of connection: QUICConnection) {
        byResetToken[token] = nil
        connection.resetTokens.removeAll { $0 == token }
    }

    mutating func remove(_ connection: QUICConnection) {
        for id in connection.connectionIDs { byID[id] = nil }
        for token in connection.resetTokens { byResetToken[token] = nil }
        connection.connectionIDs = []
        connection.resetTokens = []
        members[ObjectIdentifier(connection)] = nil
    }
}
