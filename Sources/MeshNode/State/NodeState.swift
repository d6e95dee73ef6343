package import MeshCore
package import MeshJSON
package import MeshStore

/// How a node stands, as operators and their machines ask for it: what it does, and whether what it needs is well.
///
///     starting ──▶ ready ──▶ draining
///
/// A value that is made whenever somebody asks.
package struct NodeState: Hashable, Sendable {
    /// What the node does.
    package enum Phase: String, CaseIterable, Hashable, Sendable {
        /// It opens what it stands on.
        case starting
        /// It serves.
        case ready
        /// It was told to stop: nobody new is taken.
        case draining
    }

    /// Something that the node needs.
    package struct Check: Hashable, Sendable {
        /// What is looked at.
        package enum Name: String, CaseIterable, Hashable, Sendable {
            /// The store moves.
            case storeAnswers = "store_answers"
            /// The store takes what it is given.
            case storeWrites = "store_writes"
            /// Edges find a listener.
            case listenerBound = "listener_bound"
            /// The node's certificate counts for a while.
            case certificateCounts = "certificate_counts"
            /// The edge has a hub.
            case tunnelConnected = "tunnel_connected"
            /// The edge's clock and its hub's tell about the same time.
            case clockAgrees = "clock_agrees"
        }

        /// What it is good for where it fails.
        package enum Weight: String, Hashable, Sendable {
            /// Nobody should be sent here now.
            case readiness
            /// Nothing but another start, or another machine, will help.
            case liveness
        }

        /// What is looked at.
        package let name: Name
        /// What a failure means.
        package let weight: Weight
        /// Whether it is well.
        package let isPassing: Bool
        /// The particulars, for people.
        package let detail: String

        /// What was found.
        package init(_ name: Name, _ weight: Weight, isPassing: Bool, _ detail: String) {
            self.name = name
            self.weight = weight
            self.isPassing = isPassing
            self.detail = detail
        }
    }

    /// What it does.
    package let phase: Phase
    /// What was looked at, in the order of importance.
    package let checks: [Check]

    /// A node in `phase`, with what was looked at.
    package init(_ phase: Phase, checks: [Check]) {
        self.phase = phase
        self.checks = checks
    }

    /// Whether somebody may be sent here.
    package var isReady: Bool { phase == .ready && checks.allSatisfy(\.isPassing) }

    /// Whether the node is of any use as it is: nothing fails that only another start would mend.
    package var isLive: Bool { checks.allSatisfy { $0.isPassing || $0.weight != .liveness } }

    /// The state as an answer has it.
    package var json: JSONValue {
        var list: [JSONValue] = []
        for check in checks {
            list.append([
                "name": .string(check.name.rawValue), "weight": .string(check.weight.rawValue),
                "passing": .bool(check.isPassing), "detail": .string(check.detail),
            ])
        }
        return [
            "phase": .string(phase.rawValue), "ready": .bool(isReady), "live": .bool(isLive), "checks": .array(list),
        ]
    }
}

extension NodeState.Check {
    /// A store that stands so; one without room serves again once it has some, one that failed does not.
    package static func store(_ condition: StoreCondition) -> NodeState.Check {
        switch condition {
        case .serving: NodeState.Check(.storeWrites, .readiness, isPassing: true, "the store takes appends")
        case .readOnly: NodeState.Check(.storeWrites, .readiness, isPassing: false, "the store has no room")
        case .failed: NodeState.Check(.storeWrites, .liveness, isPassing: false, "the store has failed")
        }
    }

    /// A certificate that ends at `end`: it must count now, and its last days are said.
    package static func certificate(endingAt end: WallTime, now: WallTime) -> NodeState.Check {
        let left = end.millisecondsSince1970 - now.millisecondsSince1970
        let days = left / 86_400_000
        let words = left < 0 ? "ended at \(end)" : "\(days) \(days == 1 ? "day" : "days") left, until \(end)"
        // It renews itself, and a node that comes home by the old one needs no other start.
        return NodeState.Check(.certificateCounts, .readiness, isPassing: left >= 0, words)
    }

    /// What is known of an edge's clock and its hub's: it fails where one of them is surely wrong.
    package static func clock(_ difference: ClockDifference?) -> NodeState.Check {
        let words = difference.map { $0.verdict == .agree ? "as the hub's, within a minute" : "\($0)" }
        return NodeState.Check(
            .clockAgrees,
            .readiness,
            isPassing: difference?.verdict != .wrong,
            words ?? "not compared with the hub's yet"
        )
    }
}

/// Where a node notes what it does, for whoever asks.
package final class NodePhase: Sendable {
    private let phase = Lock(NodeState.Phase.starting)

    /// It has begun.
    package init() {}

    /// What it does now.
    package var current: NodeState.Phase { phase.withLock { $0 } }

    /// It does the next thing; there is no way back.
    package func move(to next: NodeState.Phase) {
        phase.withLock { phase in
            let order = NodeState.Phase.allCases
            guard let now = order.firstIndex(of: phase), let wanted = order.firstIndex(of: next), wanted > now else {
                return
            }
            phase = next
        }
    }
}
