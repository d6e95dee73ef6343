internal import MeshCommandLine
internal import MeshNode

@main
enum Meshnode {
    static func main() async {
        let command = Command(
            "meshnode",
            summary: "Run a node of the mesh, or look after one.",
            subcommands: [
                AuthorityCommand.command, EnrolCommand.command, StoreCommand.command, StoreChildCommand.command,
            ]
        )
        await Program(command, version: "0.1.0").runProcess()
    }
}
