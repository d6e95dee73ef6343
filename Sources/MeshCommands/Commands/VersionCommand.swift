internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// `synesis version`.
enum VersionCommand {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "version",
            summary: "Print the versions of this program and of the gateway.",
            discussion: "Where no gateway answers, its own version alone; that is no failure.",
            examples: ["synesis version": "Both."]
        ) { invocation in
            let screen = Screen(invocation, ground)
            let gateway = try? await GatewaySession.connected(invocation, ground) { finder, _ in
                let client = try await finder.find(.anyNode)
                return (place: client.place, answer: try await client.get(APIPath.version, as: VersionDocument.self))
            }
            let own = "synesis/\(MeshSoftware.version)"
            switch screen.form {
            case .json:
                var object = JSONObject()
                object["software"] = .string(own)
                object["gateway"] = gateway?.answer.json
                object["gateway_at"] = gateway.map { .string($0.place.description) }
                try screen.json(.object(object))
            case .quiet: try screen.line(MeshSoftware.version)
            case .people:
                try screen.line("synesis  \(MeshSoftware.version)")
                if let gateway {
                    let document = gateway.answer.document
                    let name = document.node.map { " '\($0)'" } ?? ""
                    let words = "\(document.software), \(document.role)\(name), at \(gateway.place)"
                    try screen.line("gateway  \(words.printable)")
                } else {
                    try screen.line("gateway  none answers")
                }
            }
            return .success
        }
    }
}
