internal import MeshCommandLine
internal import MeshNode

@main
enum Meshload {
    static func main() async {
        let command = Command(
            "meshload",
            summary: "Play a peer, a good or a bad one, between processes.",
            subcommands: [
                AuthorityCommand.command, ServeCommand.command, AskCommand.command, FloodCommand.command,
                SlowCommand.command, ChurnCommand.command, HubCommand.command, EdgesCommand.command,
                ShelfCommand.command, FetchCommand.command, GiveCommand.command, TunnelCommand.command,
                AddressesCommand.command, ServiceCommand.command, DevicesCommand.command, StoreChildCommand.command,
                WebCommand.command, GetCommand.command, ChatCommand.command,
                ProviderCommand.command, BillCommand.command,
            ]
        )
        await Program(command, version: "0.1.0").runProcess()
    }
}
