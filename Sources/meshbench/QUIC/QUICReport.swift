internal import Glibc
internal import MeshCommandLine

/// What QUIC came to in each round, for people and for the record.
struct QUICReport {
    var rounds: [[QUICFigure: QUICOutcome]] = []

    /// The table for people: medians over the rounds, and the spread of the rate.
    var table: String {
        var table = Table(columns: [
            .init("figure"), .init("p50 µs", .right), .init("p99 µs", .right), .init("per second", .right),
            .init("low–high", .right), .init("client µs", .right), .init("server µs", .right),
            .init("allocations", .right), .init("promised"),
            .init("measured", .right),
        ])
        for figure in QUICFigure.allCases {
            let outcomes = rounds.compactMap { $0[figure] }
            if !outcomes.isEmpty { table.append(row(figure, outcomes)) }
        }
        return table.text
    }

    private func row(_ figure: QUICFigure, _ outcomes: [QUICOutcome]) -> [String] {
        let rate = Spread(outcomes.map(\.perSecond))
        let median = Spread(outcomes.map(\.median)).median
        let isTimed = median > 0
        return [
            figure.rawValue,
            isTimed ? tenths(median) : "",
            isTimed ? tenths(Spread(outcomes.map(\.nearlyWorst)).median) : "",
            whole(rate.median),
            "\(whole(rate.lowest))–\(whole(rate.highest))",
            hundredths(Spread(outcomes.map(\.nearCost.time)).median),
            hundredths(Spread(outcomes.map(\.farCost.time)).median),
            allocations(outcomes.map(\.nearCost)) + " + " + allocations(outcomes.map(\.farCost)),
        ] + promise(of: figure)
    }

    /// What was promised, and what came of it in each round.
    private func promise(of figure: QUICFigure) -> [String] {
        guard let target = figure.target else { return ["", ""] }
        let values = rounds.compactMap(target.value)
        guard !values.isEmpty else { return [target.words, "not measured"] }
        let spread = Spread(values)
        guard spread.median < 1_000 else { return [target.words, whole(spread.median)] }
        return [
            target.words, "\(hundredths(spread.median)) (\(hundredths(spread.lowest))–\(hundredths(spread.highest)))",
        ]
    }

    /// One JSON object; nothing of it is the same in two runs.
    var json: String {
        let times = QUICFigure.allCases.compactMap { figure -> String? in
            let outcomes = rounds.compactMap { $0[figure] }
            guard !outcomes.isEmpty else { return nil }
            return "\"\(figure)\":[\(outcomes.map(\.json).joined(separator: ","))]"
        }
        return "{\"benchmark\":\"quic\",\"counts\":{},\"times\":{\(times.joined(separator: ","))}}"
    }

    private func allocations(_ costs: [LoopCost]) -> String {
        tenths(Spread(costs.map(\.allocations)).median)
    }

    private func whole(_ value: Double) -> String { String(Int(value.rounded())) }

    private func tenths(_ value: Double) -> String { String((value * 10).rounded() / 10) }

    private func hundredths(_ value: Double) -> String { String((value * 100).rounded() / 100) }
}
