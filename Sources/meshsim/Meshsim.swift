internal import MeshCommandLine

@main
enum Meshsim {
    static func main() async {
        let command = Command(
            "meshsim",
            summary: "Run the mesh in a world that a seed decides.",
            subcommands: [GroundCommand.command, RunCommand.command]
        )
        await Program(command, version: "0.1.0").runProcess()
    }
}
