internal import MeshCore
internal import MeshIO

/// How many connections each client has, over all loops.
final class ConnectionLedger: Sendable {
    private let counts = Lock<[SocketAddress.Network: Int]>([:])
    private let maximum: Int

    init(maximumPerAddress: Int) { maximum = maximumPerAddress }

    /// Whether the client may have one more, which is counted.
    func take(_ address: SocketAddress) -> Bool {
        counts.withLock { counts in
            let count = counts[address.network, default: 0]
            guard count < maximum else { return false }
            counts[address.network] = count + 1
            return true
        }
    }

    /// The client has one less.
    func giveBack(_ address: SocketAddress) {
        counts.withLock { counts in
            let count = counts[address.network, default: 0]
            counts[address.network] = count > 1 ? count - 1 : nil
        }
    }
}
