package import MeshCommandLine

/// `meshnode metrics`: says what a node measures.
package enum MetricsCommand {
    /// The group of commands.
    package static let command = Command(
        "metrics",
        summary: "Say what a node measures, without starting one.",
        subcommands: [reference]
    )

    private static let reference = Command(
        "reference",
        summary: "Print the reference of all metrics (Markdown).",
        examples: ["meshnode metrics reference > docs/metrics.md": "As this project's documentation has it."]
    ) { invocation in
        try invocation.terminal.write(MetricsDocument.reference)
        return .success
    }
}
