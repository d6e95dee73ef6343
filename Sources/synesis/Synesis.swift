internal import Glibc
internal import MeshCommandLine
internal import MeshCommands

@main
enum Synesis {
    static func main() async {
        let names = ["SYNESIS_GATEWAY", "SYNESIS_CA", "SYNESIS_KEY", "NO_COLOR", "TERM"]
        let variables = names.reduce(into: [String: String]()) { found, name in
            found[name] = getenv(name).map { String(cString: $0) }
        }
        let command = SynesisCommand.command(.ofThisProcess(variables: variables))
        await Program(command, version: SynesisCommand.version).runProcess()
    }
}
