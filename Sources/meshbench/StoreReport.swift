internal import MeshCommandLine

/// What the store's benchmark found, for people and for the record.
struct StoreReport {
    let outcomes: [StoreBenchmark.Cell: [StoreBenchmark.Outcome]]
    let syncs: Spread

    private static let contenders = [StoreBenchmark.ours, StoreBenchmark.oneEach, StoreBenchmark.peer]

    /// The tables for people.
    var table: String {
        var appends = Table(columns: [
            .init("writers", .right), .init("contender"), .init("appends/s", .right), .init("low–high", .right),
            .init("p50 ms", .right), .init("p99 ms", .right), .init("ours is faster by", .right),
        ])
        for writers in StoreBenchmark.writerCounts {
            for contender in Self.contenders { appends.append(row(contender, writers)) }
        }
        let bare = "\(count(syncs.median)) bare syncs a second (\(count(syncs.lowest))–\(count(syncs.highest)))\n"
        return appends.text + "\n" + bare
    }

    /// One JSON object; nothing of it is the same in two runs.
    var json: String {
        var times: [String] = []
        for writers in StoreBenchmark.writerCounts {
            for contender in Self.contenders {
                let rates = Spread(outcomes(contender, writers).map(\.perSecond))
                times.append("\"\(contender), \(writers) writers\":{\"appendsPerSecond\":\(rates.median)}")
            }
        }
        times.append("\"bare syncs\":{\"perSecond\":\(syncs.median)}")
        return "{\"benchmark\":\"store\",\"counts\":{},\"times\":{\(times.joined(separator: ","))}}"
    }

    private func row(_ contender: String, _ writers: Int) -> [String] {
        let outcomes = outcomes(contender, writers)
        let rates = Spread(outcomes.map(\.perSecond))
        let ratios = zip(self.outcomes(StoreBenchmark.ours, writers), outcomes).map { $0.perSecond / $1.perSecond }
        let ratio = Spread(Array(ratios))
        let faster =
            contender == StoreBenchmark.ours
            ? "" : "\(tenths(ratio.median))× (\(tenths(ratio.lowest))–\(tenths(ratio.highest)))"
        return [
            String(writers), contender, count(rates.median), "\(count(rates.lowest))–\(count(rates.highest))",
            milliseconds(outcomes.map(\.median)), milliseconds(outcomes.map(\.nearlyWorst)), faster,
        ]
    }

    private func outcomes(_ contender: String, _ writers: Int) -> [StoreBenchmark.Outcome] {
        outcomes[StoreBenchmark.Cell(contender: contender, writers: writers)] ?? []
    }

    private func count(_ value: Double) -> String { String(Int(value.rounded())) }

    private func tenths(_ value: Double) -> String { String((value * 10).rounded() / 10) }

    private func milliseconds(_ durations: [Duration]) -> String {
        let median = Spread(durations.map { $0 / .milliseconds(1) }).median
        return String((median * 100).rounded() / 100)
    }
}
