package import MeshCore

/// A hub's open links and the keys that they were opened with: what TLS has proved, and not what somebody says.
///
/// As large as there are links. A link is noted on the loop, before anything can arrive by it, and is proven once the
/// registration of its node has said that its key counts.
package final class OpenLinks: Sendable {
    /// By which key a node is connected.
    package enum ConnectedKey: Hashable, Sendable {
        /// It is not.
        case none
        /// By several, or by one of which is not known yet whether it counts: who asks cannot be told apart.
        case unsettled
        /// All of its links are proven, by this one.
        case settled(SHA256Digest)
    }

    private struct Link {
        let node: NodeID
        let keyID: SHA256Digest
        var isProven = false
    }

    private struct State {
        var links: [UInt64: Link] = [:]
        var numbers: [NodeID: [UInt64]] = [:]
        /// When links are to be closed whose key is not the one that was proved last.
        var ends: [UInt64: Instant] = [:]
    }

    private let state = Lock(State())

    /// No links yet.
    package init() {}

    /// The link `number` has opened, with the certificate `peer`.
    package func opened(_ number: UInt64, _ peer: PeerCertificate) {
        state.withLock { state in
            state.links[number] = Link(node: peer.identity.node, keyID: peer.keyID)
            state.numbers[peer.identity.node, default: []].append(number)
        }
    }

    /// The link `number` has ended.
    package func closed(_ number: UInt64) {
        state.withLock { state in
            state.ends[number] = nil
            guard let link = state.links.removeValue(forKey: number) else { return }
            let rest = state.numbers[link.node, default: []].filter { $0 != number }
            state.numbers[link.node] = rest.isEmpty ? nil : rest
        }
    }

    /// Whether the link `number` is open.
    package func isOpen(_ number: UInt64) -> Bool { state.withLock { $0.links[number] != nil } }

    /// The key of the link `number`, which may have ended since, is one that counts.
    ///
    /// Where `endsOthersAt` is given it has ended all other keys of its node: their links are due then, unless they are
    /// proven after it.
    package func proven(_ number: UInt64, _ peer: PeerCertificate, endsOthersAt end: Instant?) {
        state.withLock { state in
            state.links[number]?.isProven = true
            guard let end else { return }
            for other in state.numbers[peer.identity.node, default: []] {
                let hasThisKey = state.links[other]?.keyID == peer.keyID
                state.ends[other] = hasThisKey ? nil : min(state.ends[other] ?? end, end)
            }
        }
    }

    /// By which key `node` is connected.
    package func key(of node: NodeID) -> ConnectedKey {
        state.withLock { state in
            let links = state.numbers[node, default: []].compactMap { state.links[$0] }
            guard let first = links.first else { return .none }
            let isSettled = links.allSatisfy { $0.isProven && $0.keyID == first.keyID }
            return isSettled ? .settled(first.keyID) : .unsettled
        }
    }

    /// The links that are to be closed at `now`, until they are.
    package func due(_ now: Instant) -> [UInt64] {
        state.withLock { $0.ends.filter { $0.value <= now }.map(\.key).sorted() }
    }
}
