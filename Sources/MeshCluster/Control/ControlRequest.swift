internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON
package import MeshTopology

/// What a person asks a running cluster for, as it goes over its socket: one JSON object on a line.
package enum ControlRequest: Hashable, Sendable {
    /// How the nodes stand.
    case status
    /// That it ends.
    case down
    /// That something befalls its nodes.
    case befall(FaultAction)

    /// The line for it, without its end.
    package var line: String {
        let object: JSONValue =
            switch self {
            case .status: ["do": "status"]
            case .down: ["do": "down"]
            case .befall(.kill(let nodes, let pause)):
                pause.map {
                    [
                        "do": "kill", "nodes": .string("\(nodes)"),
                        "for": .string(Duration.commandLineSyntax.text(of: $0)),
                    ]
                } ?? ["do": "kill", "nodes": .string("\(nodes)")]
            case .befall(.pause(let nodes)): ["do": "pause", "nodes": .string("\(nodes)")]
            case .befall(.resume(let nodes)): ["do": "resume", "nodes": .string("\(nodes)")]
            case .befall(.restart(let nodes)): ["do": "restart", "nodes": .string("\(nodes)")]
            case .befall(.partition(let left, let right)):
                ["do": "partition", "nodes": .string("\(left)"), "from": .string("\(right)")]
            case .befall(.heal(let left, let right)):
                ["do": "heal", "nodes": .string("\(left)"), "from": .string("\(right)")]
            case .befall(.degrade(let nodes, _)): ["do": "degrade", "nodes": .string("\(nodes)")]
            }
        return JSONWriter.text(of: object)
    }

    /// What a line asks for; nil where it asks for nothing known.
    package init?(line: String) {
        guard let object = (try? JSONReader.read(line))?.object, let verb = object["do"]?.text else { return nil }
        let nodes = object["nodes"]?.text.map { NodeSelector($0) }
        let other = object["from"]?.text.map { NodeSelector($0) } ?? .all
        switch (verb, nodes) {
        case ("status", _): self = .status
        case ("down", _): self = .down
        case ("kill", let nodes?):
            let pause = object["for"]?.text.flatMap { try? Duration.commandLineSyntax.parse($0) }
            self = .befall(.kill(nodes, comesBackAfter: pause))
        case ("pause", let nodes?): self = .befall(.pause(nodes))
        case ("resume", let nodes?): self = .befall(.resume(nodes))
        case ("restart", let nodes?): self = .befall(.restart(nodes))
        case ("partition", let nodes?): self = .befall(.partition(nodes, other))
        case ("heal", let nodes?): self = .befall(.heal(nodes, other))
        default: return nil
        }
    }
}
