internal import MeshCommandLine
internal import MeshCommands

@main
enum Synesis {
    static func main() async {
        await Program(SynesisCommand.command(), version: SynesisCommand.version).runProcess()
    }
}
