internal import MeshAPI
internal import MeshCommandLine

/// `synesis doctor`.
enum DoctorCommand {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "doctor",
            summary: "Have a node look itself over, and say what to do.",
            discussion: """
                Looks at the node that runs; `meshnode doctor` looks at a machine before a node is started there. Ends \
                with code 6 where something does not work.
                """,
            examples: [
                "synesis doctor": "The node of this machine.",
                "synesis doctor --quiet": "Only what is not well.",
            ],
            exitCodes: SynesisExit.meanings(unwell: "Something does not work.")
        ) { invocation in
            try await GatewaySession.run(invocation, ground) { session in
                let answer = try await session.gateway.get(
                    APIPath.doctor,
                    as: DoctorDocument.self,
                    within: .seconds(90)
                )
                let found = answer.document
                let screen = session.screen
                if screen.form == .json {
                    try screen.json(answer.json)
                } else {
                    let width = screen.width ?? Self.widthForPrograms
                    try screen.text(
                        found.text(width: width, isColoured: screen.isColoured, onlyUnwell: screen.form == .quiet)
                    )
                }
                return found.isWell ? .success : SynesisExit.unwell
            }
        }
    }

    private static let widthForPrograms = 110
}
