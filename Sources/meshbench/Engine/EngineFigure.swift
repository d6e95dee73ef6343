/// Something that was measured in every round.
struct EngineFigure {
    let name: String
    var values: [Double]

    /// Median and spread for people, for many values also the ends that count.
    var summary: String {
        let sorted = values.sorted()
        guard let lowest = sorted.first, let highest = sorted.last else { return "nothing measured" }
        func text(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
        let spread = "\(text(sorted[sorted.count / 2])) (\(text(lowest))–\(text(highest)))"
        guard sorted.count >= 100 else { return spread }
        return spread + ", p99 \(text(sorted[sorted.count * 99 / 100])), \(sorted.count) times"
    }
}

/// Figures by name, in the order in which they first came.
struct EngineFigures {
    private(set) var all: [EngineFigure] = []

    mutating func add(_ name: String, _ value: Double) {
        if let index = all.firstIndex(where: { $0.name == name }) {
            all[index].values.append(value)
        } else {
            all.append(EngineFigure(name: name, values: [value]))
        }
    }
}
