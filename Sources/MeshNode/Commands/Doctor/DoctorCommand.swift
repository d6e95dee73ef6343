internal import Glibc
internal import MeshAPI
package import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshJSON

/// `meshnode doctor`: looks at everything that a node stands on, before it starts or beside it.
package enum DoctorCommand {
    private static let json = Flag("json", "Print one JSON object in place of lines.")

    /// The code where something has failed.
    package static let unwell = ExitCode(rawValue: 3)

    /// The command.
    package static let command = Command(
        "doctor",
        summary: "Look at all that a node stands on, and say what is wrong.",
        discussion: """
            Takes the flags that the node takes, and reads what it would read: configuration, folder, certificates, \
            clock, disk, limits, kernel, a hub's ports, an edge's way to each of its hubs. All are looked at side by \
            side, for ten seconds at most. Without a role only the machine is looked at.

            An edge that does not run shakes hands with its hubs by its own certificate and sends one beat, which says \
            the hub's time; one that runs is left alone.
            """,
        parameters: [json] + RoleCommand.parameters,
        examples: [
            "meshnode doctor --role hub": "Would a hub start here that is told nothing?",
            "meshnode doctor --config edge.json5 --json": "For a program to read.",
        ],
        exitCodes: [
            .success: "Nothing has failed; there may be warnings.",
            unwell: "Something has failed: a node does not run so, or not for long.",
        ]
    ) { invocation in
        let report = try await report(subject(invocation))
        if invocation[json] {
            try invocation.terminal.writeLine(JSONWriter.text(of: report.json, isIndented: true))
        } else {
            let isColoured = invocation.terminal.isInteractive && getenv("NO_COLOR") == nil
            try invocation.terminal.write(report.text(width: invocation.terminal.width, isColoured: isColoured))
        }
        return report.isWell ? .success : unwell
    }

    /// What the command line, the environment and a file ask to be looked at.
    static func subject(_ invocation: Invocation) -> DoctorSubject {
        let ground = ProcessGround()
        let file = invocation[RoleCommand.config] ?? ground.variables[ConfigurationLoader.fileVariable]
        do throws(ConfigurationError) {
            guard let configuration = try RoleCommand.loader(invocation).load(file: file) else {
                return DoctorSubject(.nothing, file: file)
            }
            return DoctorSubject(configuration, file: file)
        } catch {
            return DoctorSubject(.wrong(error), file: file)
        }
    }

    /// Looks at `subject` on a loop of its own.
    static func report(_ subject: DoctorSubject) async throws -> DoctorDocument {
        let loop = try EventLoop.start(name: "doctor")
        defer { loop.stop() }
        return DoctorDocument(checks: await Doctor.examine(subject, on: loop, clock: MachineClock(loop: loop)))
    }
}
