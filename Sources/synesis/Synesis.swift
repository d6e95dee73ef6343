internal import Glibc
internal import MeshCommandLine
internal import MeshCommands

@main
enum Synesis {
    static func main() async {
        let names = ["SYNESIS_GATEWAY", "SYNESIS_CA", "SYNESIS_KEY", "NO_COLOR", "TERM", "XDG_STATE_HOME", "HOME"]
        let variables = names.reduce(into: [String: String]()) { found, name in
            found[name] = getenv(name).map { String(cString: $0) }
        }
        let ground = CommandGround.ofThisProcess(variables: variables) { count in
            var generator = SystemRandomNumberGenerator()
            return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        }
        let command = SynesisCommand.command(ground)
        await Program(command, version: SynesisCommand.version).runProcess()
    }
}
