internal import MeshCommandLine

@main
enum Meshproxy {
    static func main() async { await Program(ProxyCommandLine.command, version: "0.1.0").runProcess() }
}
