package import MeshCore

/// How a tunnel stands, as anybody may watch it.
///
///     disconnected ──▶ connecting ──▶ connected ◀──▶ reconnecting
///          ▲               │  ▲          │                │
///          └───────────────┼──┼──────────┘                │
///                          ▼  │                           │
///                         failed ◀────────────────────────┘
///
/// There are no other moves. Instants are those of the tunnel's clock.
package enum TunnelState: Hashable, Sendable {
    /// Nothing is under way: not started yet, or stopped while connected.
    case disconnected
    /// The first link is being made.
    case connecting(Attempt)
    /// A link is open, and the hub's actors have answered.
    case connected(Connection)
    /// The link was lost, and another is being made.
    case reconnecting(Attempt)
    /// It was stopped, or there is no use in trying on.
    case failed(Failure)

    /// One of the tries to make a link.
    package struct Attempt: Hashable, Sendable {
        /// Which one it is, from 1, since the last time that all was well.
        package let number: Int

        /// How many there are before the tunnel fails.
        package let limit: Int

        /// When it begins; nil once it has.
        package let startsAt: Instant?

        /// Why the one before failed, in words for people.
        package let lastError: String?
    }

    /// A link that works.
    package struct Connection: Hashable, Sendable {
        /// To whom.
        package let hub: NodeID

        /// Which of the tunnel's links it is: a later one has a higher number.
        package let link: LinkID

        /// Whether it was resumed with a ticket.
        package let isResumed: Bool

        /// Since when the tunnel is connected, over whichever links.
        package let since: Instant

        /// Whether the hub has said farewell: another link is being made.
        package let isLeaving: Bool
    }

    /// An end, for now or for good.
    package struct Failure: Hashable, Sendable {
        /// Why.
        package let reason: FailureReason

        /// When the tunnel tries again by itself; nil where it does not.
        package let triesAt: Instant?
    }
}

/// Why a tunnel has failed.
package enum FailureReason: Hashable, Sendable {
    /// Somebody has stopped it.
    case stopped
    /// All attempts are spent; the last one's error in words.
    case attemptsSpent(String)
    /// One side does not believe the other's certificate; the words say more.
    case notAuthenticated(String)
    /// The hub's protocol is not ours.
    case incompatible(String)
    /// Our certificate, key or authorities cannot be used.
    case credentialsUnusable(String)
}

/// One of a tunnel's links, from the first thought of it; a later one has a higher number.
package struct LinkID: Hashable, Comparable, Sendable {
    /// The number, from 1.
    package let number: UInt64

    /// The link `number`.
    package init(_ number: UInt64) { self.number = number }

    package static func < (left: LinkID, right: LinkID) -> Bool { left.number < right.number }
}

extension TunnelState {
    /// The bare state.
    package enum Phase: String, CaseIterable, Hashable, Sendable {
        case disconnected, connecting, connected, reconnecting, failed

        /// Where it may go from here.
        package var successors: Set<Phase> {
            switch self {
            case .disconnected: [.connecting]
            case .connecting: [.connected, .failed]
            case .connected: [.reconnecting, .disconnected]
            case .reconnecting: [.connected, .failed]
            case .failed: [.connecting]
            }
        }

        /// Returns if the move to `next` is legal.
        package func checkMove(to next: Phase) throws(TunnelError) {
            guard successors.contains(next) else {
                throw TunnelError(.illegalMove, "a tunnel that is \(rawValue) does not become \(next.rawValue)")
            }
        }
    }

    /// The state without its particulars.
    package var phase: Phase {
        switch self {
        case .disconnected: .disconnected
        case .connecting: .connecting
        case .connected: .connected
        case .reconnecting: .reconnecting
        case .failed: .failed
        }
    }

    /// The hub that the tunnel leads to, while it is connected.
    package var hub: NodeID? {
        if case .connected(let connection) = self { connection.hub } else { nil }
    }
}

extension TunnelState: CustomStringConvertible {
    /// One line for people, without times: `connecting (attempt 2 of 10)`.
    package var description: String {
        switch self {
        case .disconnected: "disconnected"
        case .connecting(let attempt): "connecting (attempt \(attempt.number) of \(attempt.limit))"
        case .connected(let connection): "connected to \(connection.hub)\(connection.isLeaving ? ", which leaves" : "")"
        case .reconnecting(let attempt): "reconnecting (attempt \(attempt.number) of \(attempt.limit))"
        case .failed(let failure): "failed: \(failure.reason)\(failure.triesAt == nil ? "" : "; tries again")"
        }
    }
}

extension FailureReason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .stopped: "stopped"
        case .attemptsSpent(let words): "attempts spent: \(words)"
        case .notAuthenticated(let words): "not authenticated: \(words)"
        case .incompatible(let words): "incompatible: \(words)"
        case .credentialsUnusable(let words): "credentials unusable: \(words)"
        }
    }
}
