internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// Everything that is wrong with a file of settings.
enum ConfigCheckCommand {
    private static let file = Argument<String>("file", as: .file, "The file (JSON5).")
    private static let quiet = Flag("quiet", "Print nothing but mistakes.")

    static let command = Command(
        "check",
        summary: "Check a file of settings, and say all that is wrong with it.",
        discussion: "Looks at the file alone: neither at the environment nor at what the file names.",
        parameters: [file, quiet, Settings.role.row.option],
        examples: ["meshnode config check /etc/meshnode/hub.json5": "A line for each mistake, with its place."],
        exitCodes: [NodeExit.configuration.code: NodeExit.configuration.meaning]
    ) { invocation in
        let path = invocation[file]
        do throws(ConfigurationError) {
            let count = try ConfigurationCheck(path, role: invocation[Settings.role.row.option]).settings()
            guard !invocation[quiet] else { return .success }
            let words = "'\(path)' is right; it says \(count) \(count == 1 ? "setting" : "settings")."
            do { try invocation.terminal.writeLine(words.printable) } catch { return .failure }
            return .success
        } catch {
            RoleCommand.report(error, invocation)
            return NodeExit.configuration.code
        }
    }
}

/// One look at a file by itself.
struct ConfigurationCheck {
    private let path: String
    private let role: [String]
    private let ground: any ConfigurationGround

    /// A look at the file at `path`, as a node of `role` reads it, or, without one, of the role that the file says.
    init(_ path: String, role: [String], ground: any ConfigurationGround = ProcessGround()) {
        self.path = path
        self.role = role
        self.ground = FileGround(ground)
    }

    /// How many settings it says.
    func settings() throws(ConfigurationError) -> Int {
        let role = role
        let loader = ConfigurationLoader(
            flags: { row in row.path == Settings.role.row.path ? role : [] },
            ground: ground
        )
        guard let configuration = try loader.load(file: path) else {
            // It is for either role, so what does not fit together is seen only as a hub sees it.
            return try ConfigurationCheck(path, role: [NodeRole.hub.rawValue], ground: ground).settings()
        }
        switch configuration.role {
        case .hub: _ = try HubSettings(configuration)
        case .edge: _ = try EdgeSettings(configuration)
        }
        return configuration.entries.count { if case .file = $0.source { true } else { false } }
    }
}
