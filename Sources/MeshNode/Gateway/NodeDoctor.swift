internal import MeshAPI
internal import MeshCore
internal import MeshGateway
internal import MeshIO

/// The doctor of a node that runs: what the node looks at all the time, and what `meshnode doctor` looks at.
///
/// The first is told as it is; the second as ``DoctorRounds`` have found it, since looking costs something.
final class NodeDoctor: DoctorPort {
    private let state: @Sendable () -> NodeState
    private let rounds: DoctorRounds

    /// A doctor of a node told `settings` that stands as `state` says; `clockDifference` is an edge's to its hub.
    init(
        _ settings: DoctorSubject.Settings,
        _ ground: RoleGround,
        state: @escaping @Sendable () -> NodeState,
        clockDifference: @escaping @Sendable () -> ClockDifference? = { nil }
    ) {
        self.state = state
        rounds = DoctorRounds(clock: ground.clock) { [loop = ground.loop, clock = ground.clock] in
            let life = DoctorSubject.Life(state: state(), clock: clockDifference())
            return await Doctor.examine(DoctorSubject(settings, life: life), on: loop, clock: clock)
        }
    }

    func examine() async -> DoctorDocument {
        let found = await rounds.findings()
        return DoctorDocument(checks: stateChecks + found)
    }

    /// What only a node that runs can tell; the rest of its state is told by ``Doctor``.
    private var stateChecks: [DoctorCheck] {
        let state = state()
        let isReady = state.phase == .ready
        let phase = DoctorCheck(
            "node",
            isReady ? .ok : .warning,
            "the node is \(state.phase.rawValue)",
            advice: isReady ? nil : "Ask again in a moment"
        )
        return [phase] + state.checks.compactMap(Self.finding)
    }

    private static func finding(_ check: NodeState.Check) -> DoctorCheck? {
        guard let advice = advice(on: check.name) else { return nil }
        return DoctorCheck(
            "node.\(check.name.rawValue)",
            check.isPassing ? .ok : .failure,
            check.detail,
            advice: check.isPassing ? nil : advice
        )
    }

    private static func advice(on check: NodeState.Check.Name) -> String? {
        switch check {
        case .storeAnswers: "Look at the disk that holds the data folder; a node whose disk hangs has to be restarted"
        case .storeWrites:
            "Make room on the disk that holds the data folder; where the store has failed, restart the node"
        case .listenerBound: "Look who else has the port, and restart the hub"
        case .certificateCounts, .tunnelConnected, .clockAgrees: nil
        }
    }
}
