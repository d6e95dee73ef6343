internal import MeshCluster
internal import MeshCommandLine
internal import MeshNode

@main
enum Meshnode {
    static func main() async {
        let command = Command(
            "meshnode",
            summary: "Run a node of the mesh, or look after one.",
            parameters: RoleCommand.parameters,
            subcommands: [
                AuthorityCommand.command, ClusterCommand.command, ConfigCommand.command, DiagCommand.command,
                DoctorCommand.command, EnrolCommand.command, KeysCommand.command, LedgerCommand.command,
                MetricsCommand.command, StoreCommand.command, StoreChildCommand.command, VitalsCommand.command,
            ],
            examples: [
                "meshnode --role hub": "A hub on this machine; it makes what it needs in 'meshnode-hub'.",
                "meshnode --role edge --hub hub-1.example.org --data laptop-7": "An edge that has been enrolled.",
                "meshnode --role hub --config hub.json5": "A hub as a file says; see `meshnode config template`.",
            ],
            exitCodes: NodeExit.meanings
        ) { try await RoleCommand.run($0) }
        await Program(command, version: NodeSoftware.version).runProcess()
    }
}
