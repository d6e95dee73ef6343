internal import MeshCore

/// By which key each node is connected: what TLS has proved, and not what somebody says.
///
/// As large as there are links.
final class OpenLinks: Sendable {
    /// The keys of a node's links, that of the newest last.
    private let keys = Lock<[NodeID: [SHA256Digest]]>([:])

    func opened(_ peer: PeerCertificate) {
        keys.withLock { $0[peer.identity.node, default: []].append(peer.keyID) }
    }

    func closed(_ peer: PeerCertificate) {
        keys.withLock { keys in
            guard var known = keys[peer.identity.node], let place = known.firstIndex(of: peer.keyID) else { return }
            known.remove(at: place)
            keys[peer.identity.node] = known.isEmpty ? nil : known
        }
    }

    /// The key of the newest link to `node`; nil where there is none.
    func key(of node: NodeID) -> SHA256Digest? { keys.withLock { $0[node]?.last } }
}
