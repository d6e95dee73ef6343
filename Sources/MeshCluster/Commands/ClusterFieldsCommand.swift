internal import MeshCommandLine
internal import MeshTopology

/// `meshnode cluster fields`: what a description may say.
enum ClusterFieldsCommand {
    static let command = Command(
        "fields",
        summary: "Print what a description of a cluster may say, in Markdown.",
        examples: ["meshnode cluster fields": "The second half of topology/README.md."]
    ) { invocation in
        try invocation.terminal.write(TopologyDocument.reference)
        return .success
    }
}
