internal import MeshAPI
internal import MeshGateway

/// A doctor who knows no more than what a node looks at by itself.
struct StateDoctor: DoctorPort {
    let state: @Sendable () -> NodeState

    func examine() async -> DoctorDocument {
        let state = state()
        let isReady = state.phase == .ready
        let phase = DoctorDocument.Check(
            name: "phase",
            status: isReady ? .ok : .warning,
            detail: "the node is \(state.phase.rawValue)",
            advice: isReady ? nil : "ask again in a moment"
        )
        return DoctorDocument(checks: [phase] + state.checks.map(Self.finding))
    }

    private static func finding(_ check: NodeState.Check) -> DoctorDocument.Check {
        DoctorDocument.Check(
            name: check.name.rawValue,
            status: check.isPassing ? .ok : .failure,
            detail: check.detail,
            advice: check.isPassing ? nil : advice(on: check.name)
        )
    }

    private static func advice(on check: NodeState.Check.Name) -> String {
        switch check {
        case .storeAnswers: "look at the disk that holds the data folder; a node whose disk hangs has to be restarted"
        case .listenerBound: "look who else has the port, and restart the hub"
        case .certificateCounts: "look at the log for why it was not renewed, and at this machine's clock"
        case .tunnelConnected: "look at the log for why: is the hub up, and reachable by UDP from here?"
        }
    }
}
