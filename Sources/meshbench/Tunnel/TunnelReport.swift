internal import MeshCommandLine

/// What tunnels came to in each round, for people and for the record.
struct TunnelReport {
    var rounds: [[TunnelFigure: TunnelOutcome]] = []

    /// The table for people: medians over the rounds and their spread.
    var table: String {
        var table = Table(columns: [
            .init("figure"), .init("p50 µs", .right), .init("low–high", .right), .init("p99 µs", .right),
            .init("edge µs", .right), .init("hub µs", .right), .init("allocations", .right), .init("of them", .right),
            .init("p50 × the one before", .right), .init("p99 × the one before", .right), .init("promised"),
        ])
        for figure in TunnelFigure.allCases {
            let outcomes = rounds.compactMap { $0[figure] }
            if !outcomes.isEmpty { table.append(row(figure, outcomes)) }
        }
        return table.text
    }

    private func row(_ figure: TunnelFigure, _ outcomes: [TunnelOutcome]) -> [String] {
        let median = Spread(outcomes.map(\.median))
        let count = outcomes.reduce(0) { $0 + $1.waits.count }
        return [
            figure.rawValue,
            tenths(median.median),
            "\(tenths(median.lowest))–\(tenths(median.highest))",
            tenths(nearlyWorst(outcomes)),
            tenths(Spread(outcomes.map(\.nearCost.time)).median),
            tenths(Spread(outcomes.map(\.farCost.time)).median),
            tenths(Spread(outcomes.map(\.nearCost.allocations)).median) + " + "
                + tenths(Spread(outcomes.map(\.farCost.allocations)).median),
            count == 0 ? "" : String(count),
            ratio(figure, \.median),
            ratio(figure, \.nearlyWorst),
            figure.target.map { "p50 ≤ \($0)" } ?? "",
        ]
    }

    /// Of all that were waited for, where each is known and there are few in a round.
    private func nearlyWorst(_ outcomes: [TunnelOutcome]) -> Double {
        let few = outcomes.allSatisfy { (1...Self.fewWaits).contains($0.waits.count) }
        guard few else { return Spread(outcomes.map(\.nearlyWorst)).median }
        let sorted = outcomes.flatMap(\.waits).sorted()
        return sorted[sorted.count * 99 / 100]
    }

    /// Round by round, so that what the machine does otherwise is the same for both.
    private func ratio(_ figure: TunnelFigure, _ value: KeyPath<TunnelOutcome, Double>) -> String {
        guard let peer = figure.peer else { return "" }
        let ratios = rounds.compactMap { round -> Double? in
            guard let ours = round[figure], let other = round[peer] else { return nil }
            return ours[keyPath: value] / other[keyPath: value]
        }
        guard !ratios.isEmpty else { return "" }
        let spread = Spread(ratios)
        return "\(hundredths(spread.median)) (\(hundredths(spread.lowest))–\(hundredths(spread.highest)))"
    }

    /// One JSON object; nothing of it is the same in two runs.
    var json: String {
        let times = TunnelFigure.allCases.compactMap { figure -> String? in
            let outcomes = rounds.compactMap { $0[figure] }
            guard !outcomes.isEmpty else { return nil }
            let members = outcomes.map { "{\"p50\":\($0.median),\"p99\":\($0.nearlyWorst)}" }
            return "\"\(figure)\":[\(members.joined(separator: ","))]"
        }
        return "{\"benchmark\":\"tunnel\",\"counts\":{},\"times\":{\(times.joined(separator: ","))}}"
    }

    private func tenths(_ value: Double) -> String { String((value * 10).rounded() / 10) }

    private func hundredths(_ value: Double) -> String { String((value * 100).rounded() / 100) }

    private static let fewWaits = 100
}
