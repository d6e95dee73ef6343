package import MeshCommandLine
package import MeshCore
internal import MeshIO
internal import MeshJSON

/// `meshnode --role hub|edge`: a node, until it is told to stop.
package enum RoleCommand {
    static let config = Option<String?>(
        "config",
        as: .file,
        "A file with settings (JSON5), as `meshnode config template` prints it."
    )

    /// The parameters of the program itself: the file, and a flag for each setting of the table.
    package static let parameters: [any ParameterKey] = [config] + Settings.all.map(\.option)

    /// Runs the node that command line, environment and file ask for.
    ///
    /// Whatever keeps it from starting is told in a line on standard error and by a code of ``NodeExit``.
    package static func run(_ invocation: Invocation) async throws -> ExitCode {
        do {
            guard let configuration = try loader(invocation).load(file: invocation[config]) else {
                throw invocation.usageError(
                    "say what to be (--role hub, --role edge), or name a command; --help lists them"
                )
            }
            try await run(configuration, invocation)
            return .success
        } catch {
            if error is UsageError || error is CancellationError { throw error }
            report(error, invocation)
            return NodeExit(error).code
        }
    }

    /// What weighs the flags of `invocation` against everything else.
    static func loader(_ invocation: Invocation) -> ConfigurationLoader {
        ConfigurationLoader(flags: { invocation[$0.option] }, ground: ProcessGround())
    }

    /// A line for each mistake.
    static func report(_ error: any Error, _ invocation: Invocation) {
        let name = invocation.commandName
        if let error = error as? ConfigurationError {
            for mistake in error.mistakes {
                invocation.terminal.writeErrorLine("\(name): error: \(mistake.description.printable)")
            }
        } else {
            invocation.terminal.writeErrorLine("\(name): error: \("\(error)".printable)")
        }
    }

    private static func run(_ configuration: Configuration, _ invocation: Invocation) async throws {
        // Before anything is opened: what does not fit together is no reason to make a folder.
        let hub = configuration.role == .hub ? try HubSettings(configuration) : nil
        let edge = configuration.role == .edge ? try EdgeSettings(configuration) : nil
        ParentBond.tie()
        let signals = NodeSignals.take()
        let loop = try EventLoop.start(name: configuration.role.rawValue)
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let threshold = LogThreshold(changing: configuration[Settings.logLevel])
        let logger = Logger(
            sink: RepetitionLimit(StandardErrorLog(configuration[Settings.logFormat])),
            clock: clock,
            threshold: threshold
        )
        let (loader, file) = (loader(invocation), invocation[config])
        let ground = RoleGround(
            loop: loop,
            clock: clock,
            logger: logger,
            signals: signals,
            notifier: .ofThisProcess,
            phase: NodePhase(),
            reload: NodeReload(
                first: configuration,
                load: { () throws(ConfigurationError) in try loader.load(file: file) },
                signals: signals,
                notifier: .ofThisProcess,
                threshold: threshold,
                logger: logger
            )
        )
        if let hub { try await HubRole(settings: hub, ground: ground).run() }
        if let edge { try await EdgeRole(settings: edge, ground: ground).run() }
    }
}

/// What both roles stand on.
struct RoleGround: Sendable {
    let loop: EventLoop
    let clock: MachineClock
    let logger: Logger
    let signals: NodeSignals
    let notifier: ServiceNotifier
    let phase: NodePhase
    let reload: NodeReload

    /// From what the system gives, so that no two nodes draw alike.
    var generator: SeededGenerator {
        var system = SystemRandomNumberGenerator()
        return SeededGenerator(seed: system.next())
    }

    /// Takes the node's folder, and cleans it up.
    func takeFolder(_ path: String, for role: NodeRole) throws(NodeFolderError) -> NodeFolder {
        let folder = try NodeFolder.take(path, for: role)
        if folder.isMade {
            let words = "made the folder '\(path)', which holds all that this node is"
            logger.log(.info, .folderMade, [LogField(.reason, .text(words))])
        }
        folder.removeLeftovers(now: clock.wallTime)
        return folder
    }

    /// The node serves.
    func ready(_ words: String, _ fields: [LogField]) async {
        phase.move(to: .ready)
        logger.log(.info, .nodeReady, fields)
        await notifier.ready(words, fields)
    }

    /// It was told to stop.
    func stopping() async {
        phase.move(to: .draining)
        logger.log(.info, .nodeStopping)
        await notifier.stopping()
    }
}

extension LogEvent {
    static let folderMade = LogEvent("node.folder-made")
    static let nodeReady = LogEvent("node.ready")
    static let nodeStopping = LogEvent("node.stopping")
}

extension LogFormat: CommandLineValue {}

extension LogLevel: CommandLineValue {
    /// The names that log lines have.
    package static var commandLineSyntax: ValueSyntax<LogLevel> {
        let names = allCases.map(\.name)
        return ValueSyntax(
            valueName: "LEVEL",
            expected: names.joined(separator: " | "),
            completion: .words(names),
            read: { text in allCases.first { $0.name == text } },
            print: \.name
        )
    }
}
