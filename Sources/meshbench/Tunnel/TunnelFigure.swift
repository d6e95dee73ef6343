/// A figure of the benchmark, in the order of the table.
enum TunnelFigure: String, CaseIterable {
    case raw1 = "raw UDP, 1 in flight"
    case bare1 = "bare link, 1 in flight"
    case tunnel1 = "tunnel, 1 in flight"
    case bare64 = "bare link, 64 in flight"
    case tunnel64 = "tunnel, 64 in flight"
    case connectFull = "bare connect and request, full"
    case wakeFull = "tunnel after a cut, full"
    case connectResumed = "bare connect and request, resumed"
    case wakeResumed = "tunnel after a cut, resumed"
    case wakePaused = "the same, with the pause that is drawn"

    var inFlight: Int {
        switch self {
        case .bare64, .tunnel64: 64
        default: 1
        }
    }

    /// What it is divided by, round by round.
    var peer: TunnelFigure? {
        switch self {
        case .bare1: .raw1
        case .tunnel1: .bare1
        case .tunnel64: .bare64
        case .wakeFull: .connectFull
        case .wakeResumed: .connectResumed
        case .raw1, .bare64, .connectFull, .connectResumed, .wakePaused: nil
        }
    }

    /// What is promised of the ratio of the medians.
    var target: Double? {
        switch self {
        case .bare1: 3.2
        case .tunnel1: 1.15
        default: nil
        }
    }
}

/// What one figure came to in one round, in microseconds.
struct TunnelOutcome {
    let median: Double
    /// The 99th of a hundred; of few cuts it means nothing, and ``waits`` of all rounds are taken together.
    let nearlyWorst: Double
    /// Each of them; none of raw UDP.
    let waits: [Double]
    /// What each cost the edge's loop.
    let nearCost: LoopCost
    /// What each cost the hub's loop.
    let farCost: LoopCost

    init(_ waits: [Double], near: LoopCost, far: LoopCost) {
        let sorted = waits.sorted()
        precondition(!sorted.isEmpty, "nothing was measured")
        median = sorted[sorted.count / 2]
        nearlyWorst = sorted[sorted.count * 99 / 100]
        self.waits = waits
        nearCost = near / Double(sorted.count)
        farCost = far / Double(sorted.count)
    }

    init(_ exchange: UDPBaseline.Exchange, count: Int, near: LoopCost, far: LoopCost) {
        median = exchange.median / .microseconds(1)
        nearlyWorst = exchange.nearlyWorst / .microseconds(1)
        waits = []
        nearCost = near / Double(count)
        farCost = far / Double(count)
    }
}
