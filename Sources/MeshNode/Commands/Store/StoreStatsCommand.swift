internal import MeshCommandLine
internal import MeshStore

/// The figures of a store.
enum StoreStatsCommand {
    private static let json = Flag("json", "Print one JSON object in place of the table.")

    static let command = Command(
        "stats",
        summary: "Count what a store holds.",
        parameters: [StoreCommand.folder, json],
        examples: ["meshnode store stats --json /var/lib/meshnode/store": "For a program to read."]
    ) { invocation in
        let disk = try StoreCommand.store(invocation).lookAtLog()
        let figures = try StoreTool.statistics(disk)
        let rows: [(name: String, value: UInt64)] = [
            ("openings", figures.generation),
            ("segments", UInt64(figures.counts.segments)),
            ("batches", UInt64(figures.counts.batches)),
            ("records", UInt64(figures.counts.records)),
            ("bytes", figures.counts.bytes),
            ("actors", UInt64(figures.counts.actors)),
            ("entries", figures.counts.entries),
            ("faults", UInt64(figures.counts.faults.count)),
        ]
        if invocation[json] {
            let members = rows.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",")
            try invocation.terminal.writeLine("{\(members)}")
        } else {
            var table = Table(columns: [.init("what"), .init("how many", .right)])
            for row in rows { table.append([row.name, String(row.value)]) }
            try invocation.terminal.write(table.text)
        }
        return .success
    }
}
