internal import MeshCommandLine
internal import MeshCore

/// A file to begin with.
enum ConfigTemplateCommand {
    private static let role = Option<NodeRole>("role", default: .hub, "For which role.")

    static let command = Command(
        "template",
        summary: "Print a file of settings to begin with: every setting, documented, at its default.",
        parameters: [role],
        examples: ["meshnode config template --role edge > edge.json5": "Then uncomment what shall differ."]
    ) { invocation in
        try invocation.terminal.write(SettingsDocument.template(for: invocation[role]))
        return .success
    }
}

/// The reference of all settings and exit codes.
enum ConfigReferenceCommand {
    static let command = Command(
        "reference",
        summary: "Print the reference of all settings and exit codes (Markdown).",
        examples: ["meshnode config reference > docs/configuration.md": "As this project's documentation has it."]
    ) { invocation in
        try invocation.terminal.write(SettingsDocument.reference)
        return .success
    }
}
