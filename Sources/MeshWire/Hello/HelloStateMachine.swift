package import MeshCore

/// What two nodes have agreed on once each has seen the other's hello.
package struct Agreement: Hashable, Sendable {
    /// The version that both speak from here on.
    package let version: ProtocolVersion

    /// The largest payload that may be sent to the peer.
    package let maximumPayloadBytes: Int

    /// What both can do beyond the version.
    package let features: Set<Feature>

    /// The peer as it introduced itself.
    package let peer: Hello
}

/// The exchange of hellos at the beginning of a connection, on either side.
///
///     waiting ──helloReceived, versions meet──▶ agreed
///        │                                        │
///        │ anything else first, no common         │ second hello
///        │ version, deadlineReached               ▼
///        └──────────────────────────────────▶  refused
///
/// Both sides send their hello at once, without waiting for the other's, so agreement costs half a round trip.
package struct HelloStateMachine: ~Copyable {
    enum State: ~Copyable {
        case waiting(deadline: Instant)
        case agreed
        case refused
    }

    private let state: State
    private let local: Hello

    /// The machine of a node that has just sent `local` and waits until `deadline` for the peer's hello.
    package init(local: Hello, deadline: Instant) {
        self.init(.waiting(deadline: deadline), local)
    }

    private init(_ state: consuming State, _ local: Hello) {
        self.state = state
        self.local = local
    }

    /// The machine's only timer.
    package var nextDeadline: Instant? {
        switch state {
        case .waiting(let deadline): deadline
        case .agreed: nil
        case .refused: nil
        }
    }

    /// What to do about a hello.
    package enum HelloReceivedAction: Hashable, Sendable {
        /// Both sides may send any frame from now on.
        case begin(Agreement)
        /// Send an error frame and close.
        case refuse(WireErrorCode)
        /// The connection is closing already.
        case ignore
    }

    /// The peer's hello has arrived.
    package mutating func helloReceived(_ hello: Hello) -> HelloReceivedAction {
        let local = self.local
        switch consume self.state {
        case .waiting:
            guard let version = local.versions.newestCommon(with: hello.versions) else {
                self = .init(.refused, local)
                return .refuse(.incompatibleVersion)
            }
            guard local.role == .hub || hello.role == .hub else {
                self = .init(.refused, local)
                return .refuse(.helloViolation)  // two edges have nothing to say to each other
            }
            self = .init(.agreed, local)
            return .begin(Self.agreement(on: version, local, hello))
        case .agreed:
            self = .init(.refused, local)
            return .refuse(.helloViolation)
        case .refused:
            self = .init(.refused, local)
            return .ignore
        }
    }

    /// What to do about a frame that is not a hello.
    package enum FrameReceivedAction: Hashable, Sendable {
        /// Hand it on.
        case accept
        /// Send an error frame and close.
        case refuse(WireErrorCode)
        /// The connection is closing already.
        case ignore
    }

    /// A frame other than a hello has arrived.
    package mutating func frameReceived() -> FrameReceivedAction {
        let local = self.local
        switch consume self.state {
        case .waiting:
            self = .init(.refused, local)
            return .refuse(.helloViolation)
        case .agreed:
            self = .init(.agreed, local)
            return .accept
        case .refused:
            self = .init(.refused, local)
            return .ignore
        }
    }

    /// What to do when the time is up.
    package enum DeadlineReachedAction: Hashable, Sendable {
        /// Send an error frame and close.
        case refuse(WireErrorCode)
        /// The hello was in time, or the deadline is still ahead.
        case ignore
    }

    /// The clock has come to `now`.
    package mutating func deadlineReached(now: Instant) -> DeadlineReachedAction {
        let local = self.local
        switch consume self.state {
        case .waiting(let deadline) where deadline <= now:
            self = .init(.refused, local)
            return .refuse(.helloViolation)
        case .waiting(let deadline):
            self = .init(.waiting(deadline: deadline), local)
            return .ignore
        case .agreed:
            self = .init(.agreed, local)
            return .ignore
        case .refused:
            self = .init(.refused, local)
            return .ignore
        }
    }

    private static func agreement(on version: ProtocolVersion, _ local: Hello, _ peer: Hello) -> Agreement {
        Agreement(
            version: version,
            maximumPayloadBytes: min(Int(peer.maximumPayloadBytes), Limits.Frame.maximumPayloadBytes),
            features: local.features.intersection(peer.features),
            peer: peer
        )
    }
}
