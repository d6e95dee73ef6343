internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// Every setting with its value and where that came from.
enum ConfigShowCommand {
    private static let json = Flag("json", "Print JSON in place of a table.")

    static let command = Command(
        "show",
        summary: "Show every setting, and who says so.",
        discussion: "Takes the flags that the node takes, and reads what it would read. Secrets are not shown.",
        parameters: [json] + RoleCommand.parameters,
        examples: [
            "meshnode config show --role hub": "What a hub would do that is told nothing.",
            "meshnode config show --config node.json5 --json": "With the file, for programs.",
        ],
        exitCodes: [NodeExit.configuration.code: NodeExit.configuration.meaning]
    ) { invocation in
        do throws(ConfigurationError) {
            let file = invocation[RoleCommand.config]
            guard let configuration = try RoleCommand.loader(invocation).load(file: file) else {
                throw ConfigurationError("role", "say whose settings to show: --role hub or --role edge")
            }
            let report = ConfigurationReport(configuration)
            do { try invocation.terminal.write(invocation[json] ? report.json : report.table) } catch {
                return .failure
            }
            // Behind the table: what does not fit together is said as it would be at a start.
            switch configuration.role {
            case .hub: _ = try HubSettings(configuration)
            case .edge: _ = try EdgeSettings(configuration)
            }
            return .success
        } catch {
            RoleCommand.report(error, invocation)
            return NodeExit.configuration.code
        }
    }
}
