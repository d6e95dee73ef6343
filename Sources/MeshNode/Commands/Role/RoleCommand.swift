package import MeshCommandLine
package import MeshCore
internal import MeshIO

/// `meshnode --role hub|edge`: a node, until it is told to stop.
package enum RoleCommand {
    static let role = Option<NodeRole?>("role", "Be a hub or an edge.")
    static let data = Option<String?>("data", as: .folder, "The node's folder (default: meshnode-hub, meshnode-edge).")
    static let hubs = Option<[String]>("hub", valueName: "HOST[:PORT]", "Edge: where a hub is; repeat it for others.")
    static let enrolment = Option<String?>(
        "enrol-at",
        valueName: "HOST[:PORT]",
        "Edge: where a hub takes devices whose certificate has expired (default: the port after the first hub's)."
    )
    static let beatInterval = Option<Duration?>("beat-interval", "Edge: from one beat to the next (default: 30s).")
    static let listen = Option<String>("listen", default: "127.0.0.1:7411", "Hub: where edges come to.")
    static let enrolmentListen = Option<String?>(
        "enrol-listen",
        "Hub: where devices without a certificate come to (default: the port after that of --listen)."
    )
    static let name = Option<NodeID?>("name", "Hub: what it is called (default: hub-1).")
    static let tenant = Option<TenantID?>("tenant", "Hub: whose it is (default: main).")
    static let dns = Option<[String]>("dns", valueName: "NAME", "Hub: a host name that it answers under; repeat it.")
    static let addresses = Option<[String]>("ip", valueName: "ADDRESS", "Hub: an address that it answers under.")
    static let life = Option<Lifetime?>("certificates-for", "Hub: how long the certificates count that it gives.")
    static let issuer = Option<String?>(
        "issuer",
        valueName: "COMMAND",
        "Hub: a shell command that signs certificates in place of the key in its folder; it reads a request (PEM)."
    )
    static let format = Option<LogFormat>("log-format", default: .human, "How log lines look.")
    static let level = Option<LogLevel>("log-level", default: .info, "Below it nothing is logged.")

    /// The parameters of the program itself.
    package static let parameters: [any ParameterKey] = [
        role, data, hubs, enrolment, beatInterval, listen, enrolmentListen, name, tenant, dns, addresses, life, issuer,
        format, level,
    ]

    /// Runs the node that the command line asks for.
    package static func run(_ invocation: Invocation) async throws -> ExitCode {
        guard let role = invocation[role] else {
            throw invocation.usageError(
                "say what to be (--role hub, --role edge), or name a command; --help lists them"
            )
        }
        let signals = StopSignals.take()
        let loop = try EventLoop.start(name: role.rawValue)
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let logger = Logger(
            sink: StandardErrorLog(invocation[format]),
            clock: clock,
            minimumLevel: invocation[level]
        )
        let ground = RoleGround(
            loop: loop,
            clock: clock,
            logger: logger,
            signals: signals,
            terminal: invocation.terminal
        )
        switch role {
        case .hub: try await HubRole(invocation, ground).run()
        case .edge: try await EdgeRole(invocation, ground).run()
        }
        return .success
    }
}

/// What both roles stand on.
struct RoleGround: Sendable {
    let loop: EventLoop
    let clock: MachineClock
    let logger: Logger
    let signals: StopSignals
    let terminal: Terminal

    /// From what the system gives, so that no two nodes draw alike.
    var generator: SeededGenerator {
        var system = SystemRandomNumberGenerator()
        return SeededGenerator(seed: system.next())
    }
}

extension LogFormat: CommandLineValue {}

extension LogLevel: CommandLineValue {
    /// The names that log lines have.
    package static var commandLineSyntax: ValueSyntax<LogLevel> {
        let names = allCases.map(\.name).joined(separator: ", ")
        return ValueSyntax(valueName: "LEVEL", expected: "one of \(names)") { text in
            allCases.first { $0.name == text }
        }
    }
}
