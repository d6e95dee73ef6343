internal import MeshCore
internal import MeshIO

/// The handshakes that clients have begun and not ended, by the network that they come from, the oldest first.
///
/// Few may be under way, and whoever begins them and leaves them could keep everybody else out. So where there is no
/// room, a newcomer takes the place of the oldest of the network that has most of them. A network that has most itself
/// must wait until its oldest has had time enough: many honest clients behind one address would otherwise end each
/// other's handshakes shortly before they are done.
struct HandshakesUnderWay {
    private struct Entry {
        let connection: QUICConnection
        let number: UInt64
        let begun: Instant
    }

    private var entries: [SocketAddress.Network: [Entry]] = [:]
    private var lastNumber = UInt64(0)
    private(set) var count = 0

    mutating func add(_ connection: QUICConnection, at now: Instant) {
        lastNumber += 1
        count += 1
        let entry = Entry(connection: connection, number: lastNumber, begun: now)
        entries[connection.remote.network, default: []].append(entry)
        connection.handshakeNetwork = connection.remote.network
    }

    /// `connection` has ended its handshake, or was never among them.
    mutating func remove(_ connection: QUICConnection) {
        guard let network = connection.handshakeNetwork.take(), var list = entries[network] else { return }
        entries[network] = nil
        list.removeAll { $0.connection === connection }
        count -= 1
        if !list.isEmpty { entries[network] = list }
    }

    /// How many of them are from `network`.
    func count(from network: SocketAddress.Network) -> Int { entries[network]?.count ?? 0 }

    /// The one that must make room for a newcomer from `network`; nil where the newcomer has to wait.
    func giveWay(to network: SocketAddress.Network, at now: Instant) -> QUICConnection? {
        let largest = entries.values.max { left, right in
            left.count != right.count ? left.count < right.count : left[0].number > right[0].number
        }
        guard let largest else { return nil }
        let own = entries[network]?.count ?? 0
        let isSafe = own >= largest.count && largest[0].begun + Limits.Endpoint.handshakePatience > now
        return isSafe ? nil : largest[0].connection
    }
}
