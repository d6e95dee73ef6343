internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore

/// `synesis node renew`.
enum NodeRenewCommand {
    private static let timeout = Option<Duration>(
        "timeout",
        as: .within(.seconds(1)...Limits.API.longestTimeout),
        default: .seconds(30),
        "How long the edge may take."
    )

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "renew",
            summary: "Have an edge get another certificate now.",
            discussion: """
                An edge renews its certificate by itself at half of its life; this is for those who do not want to \
                wait, as after a change of the authority. The tunnel goes over to the new certificate without a pause. \
                A hub lets one edge do so only now and then, and says how long it has to wait.
                """,
            parameters: [NodeArgument.id, timeout],
            examples: ["synesis node renew laptop-7": "A certificate for a new key."],
            exitCodes: SynesisExit.nodeMeanings
        ) { invocation in
            let (id, timeout) = (invocation[NodeArgument.id], invocation[timeout])
            return try await GatewaySession.run(invocation, ground, needs: .hub) { session in
                let answer = try await session.gateway.send(.renew, to: id, timeout: timeout, as: RenewDocument.self)
                switch session.screen.form {
                case .json: try session.screen.json(answer.json)
                case .quiet: break
                case .people:
                    let end = Words.moment(answer.document.certificateEnds)
                    try session.screen.line("\(id) has a new certificate, which ends \(end)")
                }
                return .success
            }
        }
    }
}
