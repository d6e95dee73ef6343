internal import MeshCore
internal import MeshQUIC

/// By which key each node is connected: what TLS has proved, and not what somebody says.
final class OpenLinks: Sendable {
    private let keys = Lock<[NodeID: [LinkID: SHA256Digest]]>([:])

    func opened(_ peer: LinkPeer) {
        keys.withLock { $0[peer.node, default: [:]][peer.link] = peer.certificate.keyID }
    }

    func closed(_ peer: LinkPeer) {
        keys.withLock { keys in
            keys[peer.node]?[peer.link] = nil
            if keys[peer.node]?.isEmpty == true { keys[peer.node] = nil }
        }
    }

    /// The key of the newest link to `node`; nil where there is none.
    func key(of node: NodeID) -> SHA256Digest? {
        keys.withLock { keys in keys[node]?.max { $0.key < $1.key }?.value }
    }
}
