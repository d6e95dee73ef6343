internal import MeshCommandLine

@main
enum Meshsim {
    static func main() async {
        let command = Command("meshsim", summary: "Run the mesh in a world that a seed decides.", subcommands: commands)
        await Program(command, version: "0.1.0").runProcess()
    }

    private static var commands: [Command] {
        let worlds = [
            GroundCommand.command, RunCommand.command, TunnelCommand.command, EscalationCommand.command,
            LedgerCommand.command,
        ]
        #if PLANTED_BUGS
        return worlds + [HuntCommand.command]
        #else
        return worlds
        #endif
    }
}
