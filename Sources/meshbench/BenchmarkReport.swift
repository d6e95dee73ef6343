internal import MeshCommandLine

/// What a benchmark found: rows for people, counts for the gate, times for the record.
struct BenchmarkReport {
    /// One line: what was done, what it cost, and what it is compared with.
    struct Row {
        let name: String
        let nanoseconds: Spread
        /// Nil where they cannot be counted: the count is a thread's, and this changes threads.
        let allocations: Double?
        let bytes: Int
        /// How many times faster than its peer in the same round.
        let speedup: Spread?
        let peer: String?
    }

    let benchmark: String
    let rows: [Row]

    /// The table for people.
    var table: String {
        var table = Table(columns: [
            .init("operation"), .init("ns", .right), .init("low–high", .right), .init("per second", .right),
            .init("allocations", .right), .init("bytes", .right), .init("faster than its peer", .right),
        ])
        for row in rows {
            table.append([
                row.name,
                rounded(row.nanoseconds.median),
                "\(rounded(row.nanoseconds.lowest))–\(rounded(row.nanoseconds.highest))",
                rounded(1e9 / row.nanoseconds.median),
                row.allocations.map(exact) ?? "",
                String(row.bytes),
                speedup(of: row),
            ])
        }
        return table.text
    }

    /// One JSON object.
    ///
    /// `counts` must not differ between runs and is what `scripts/bench` gates; `times` may.
    var json: String {
        let counts = rows.compactMap { row in
            row.allocations.map { "\"\(row.name)\":{\"allocations\":\(exact($0)),\"bytes\":\(row.bytes)}" }
        }
        let times = rows.map { row in
            let speedup = row.speedup.map { ",\"speedup\":\($0.median)" } ?? ""
            return "\"\(row.name)\":{\"nanoseconds\":\(row.nanoseconds.median)\(speedup)}"
        }
        let members = [("counts", counts), ("times", times)].map { "\"\($0)\":{\($1.joined(separator: ","))}" }
        return "{\"benchmark\":\"\(benchmark)\",\(members.joined(separator: ","))}"
    }

    private func speedup(of row: Row) -> String {
        guard let speedup = row.speedup, let peer = row.peer else { return "" }
        return "\(tenths(speedup.median))× \(peer) (\(tenths(speedup.lowest))–\(tenths(speedup.highest)))"
    }

    private func rounded(_ value: Double) -> String { String(Int(value.rounded())) }

    private func tenths(_ value: Double) -> String { String((value * 10).rounded() / 10) }

    private func exact(_ value: Double) -> String { value == value.rounded() ? rounded(value) : String(value) }
}
