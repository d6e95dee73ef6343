internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// `meshnode cluster status`: how the nodes of a cluster stand.
enum ClusterStatusCommand {
    static let command = Command(
        "status",
        summary: "Show how the nodes of a running cluster stand.",
        parameters: [ClusterCommand.knownTopology, ClusterCommand.folder, ClusterCommand.json],
        examples: ["meshnode cluster status --folder meshnode-cluster-single": "One line for each node."]
    ) { invocation in
        let folder = try ClusterCommand.place(invocation)
        do throws(ClusterError) {
            let answer = try ControlClient.ask(.status, in: folder)
            do {
                if invocation[ClusterCommand.json] {
                    try invocation.terminal.writeLine(JSONWriter.text(of: .object(answer)))
                } else {
                    try invocation.terminal.write(StatusTable.text(of: answer, width: invocation.terminal.width))
                }
            } catch { return .failure }
            return .success
        } catch {
            ClusterCommand.report(error, invocation)
            return .failure
        }
    }
}

/// How a cluster stands, on its way between two processes, and for people.
enum StatusTable {
    /// For programs, and for the other command.
    static func object(_ nodes: [NodeStatus], operators address: String?) -> JSONValue {
        let rows = nodes.map { node -> JSONValue in
            var labels = JSONObject()
            for label in node.labels.all { labels[label.name] = .string(label.value) }
            return [
                "name": .string(node.name.text), "role": .string(node.role.rawValue),
                "state": .string(node.phase.rawValue), "pid": node.process.map { .integer(Int64($0)) } ?? .null,
                "uptime_seconds": node.uptime.map { .number(Double($0.wholeNanoseconds / 1_000_000) / 1_000) } ?? .null,
                "anonymous_kib": node.anonymousKibibytes.map { .integer(Int64($0)) } ?? .null,
                "restarts": .integer(Int64(node.restarts)), "cut": .bool(node.isCut),
                "beats_sent": .integer(Int64(node.beatsSent)),
                "beats_acknowledged": .integer(Int64(node.beatsAcknowledged)), "labels": .object(labels),
                "last_warning": node.lastWarning.map { .string($0) } ?? .null,
            ]
        }
        return ["operators": address.map { .string("http://\($0)") } ?? .null, "nodes": .array(rows)]
    }

    /// A line for each node, and one for all.
    static func text(of answer: JSONObject, width: Int) -> String {
        let nodes = answer["nodes"]?.array?.compactMap(\.object) ?? []
        var table = Table(columns: [
            Table.Column("NODE"), Table.Column("ROLE"), Table.Column("STATE"), Table.Column("PID", .right),
            Table.Column("UP", .right), Table.Column("MEMORY", .right), Table.Column("RESTARTS", .right),
            Table.Column("BEATS", .right), Table.Column("LAST WARNING"),
        ])
        for node in nodes {
            let state = (node["state"]?.text ?? "?") + (node["cut"]?.bool == true ? ", cut off" : "")
            let beats = (node["beats_sent"]?.integer ?? 0, node["beats_acknowledged"]?.integer ?? 0)
            table.append([
                node["name"]?.text ?? "?", node["role"]?.text ?? "?", state,
                node["pid"]?.integer.map { "\($0)" } ?? "-", uptime(node["uptime_seconds"]?.number),
                node["anonymous_kib"]?.integer.map(memory) ?? "-", "\(node["restarts"]?.integer ?? 0)",
                node["role"]?.text == "hub" ? "-" : "\(beats.1)/\(beats.0)",
                (node["last_warning"]?.text ?? "").prefix(60).description,
            ])
        }
        return table.text + summary(nodes, answer)
    }

    private static func summary(_ nodes: [JSONObject], _ answer: JSONObject) -> String {
        let ready = nodes.count { $0["state"]?.text == "ready" }
        let edges = nodes.filter { $0["role"]?.text == "edge" }.compactMap { $0["anonymous_kib"]?.integer }
        let mean = edges.isEmpty ? 0 : edges.reduce(0, +) / Int64(edges.count)
        let sent = nodes.reduce(0) { $0 + ($1["beats_sent"]?.integer ?? 0) }
        let acknowledged = nodes.reduce(0) { $0 + ($1["beats_acknowledged"]?.integer ?? 0) }
        var text = "\n\(ready) of \(nodes.count) nodes are ready; beats: \(acknowledged) of \(sent) acknowledged"
        if let largest = edges.max() {
            text += "; memory of an edge: \(memory(mean)) on average, \(memory(largest)) at most"
        }
        if let address = answer["operators"]?.text { text += "; operators: \(address)" }
        return text + "\n"
    }

    private static func uptime(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        let whole = Int(seconds)
        if whole >= 3_600 { return "\(whole / 3_600)h\(whole % 3_600 / 60)m" }
        return whole >= 60 ? "\(whole / 60)m\(whole % 60)s" : "\(whole)s"
    }

    private static func memory(_ kibibytes: Int64) -> String {
        "\(kibibytes / 1_024).\(kibibytes % 1_024 * 10 / 1_024) MiB"
    }
}
