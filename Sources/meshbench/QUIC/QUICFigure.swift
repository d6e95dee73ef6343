/// A figure of the benchmark, in the order of the table.
enum QUICFigure: String, CaseIterable {
    case raw1 = "raw UDP, 1 in flight"
    case raw16 = "raw UDP, 16 in flight"
    case raw64 = "raw UDP, 64 in flight"
    case same1 = "one stream, 1 in flight"
    case same16 = "one stream each, 16 in flight"
    case same64 = "one stream each, 64 in flight"
    case new1 = "new stream, 1 in flight"
    case new16 = "new stream, 16 in flight"
    case new64 = "new stream, 64 in flight"
    case task1 = "transport, task on the loop, 1 in flight"
    case task64 = "transport, tasks on the loop, 64 in flight"
    case pool1 = "transport, task of the pool, 1 in flight"
    case pool64 = "transport, tasks of the pool, 64 in flight"
    case plain1 = "plain actor, 1 in flight"
    case plain64 = "plain actor, 64 in flight"
    case journaled1 = "journaled actor, 1 in flight"
    case journaled64 = "journaled actor, 64 in flight"
    case rawBulk = "bulk, raw UDP without GSO and GRO"
    case bulk = "bulk, one stream"
    case bareBulk = "bulk, one stream, without GSO and GRO"
    case full1 = "full handshake, 1 at a time"
    case full8 = "full handshakes, 8 at a time"
    case resumed1 = "resumed handshake, 1 at a time"
    case resumed8 = "resumed handshakes, 8 at a time"

    var inFlight: Int {
        switch self {
        case .raw16, .same16, .new16: 16
        case .raw64, .same64, .new64, .task64, .pool64, .plain64, .journaled64: 64
        case .full8, .resumed8: 8
        default: 1
        }
    }

    /// What is promised of it, in which the figures of the same round stand.
    struct Target {
        let words: String
        let value: ([QUICFigure: QUICOutcome]) -> Double?
    }

    var target: Target? {
        switch self {
        case .new1: .init(words: "p50 × raw UDP ≤ 3.2") { Self.latency(.new1, over: .raw1, in: $0) }
        case .new64: .init(words: "/s ≥ 150,000") { $0[.new64]?.perSecond }
        case .plain1: .init(words: "p50 × new stream ≤ 1.5") { Self.latency(.plain1, over: .new1, in: $0) }
        case .journaled1: .init(words: "p50 × new stream ≤ 1.5") { Self.latency(.journaled1, over: .new1, in: $0) }
        case .bulk:
            .init(words: "× raw UDP ≥ 1.2") { figures in
                guard let ours = figures[.bulk], let raw = figures[.rawBulk] else { return nil }
                return ours.perSecond / raw.perSecond
            }
        case .full1: .init(words: "p50 ms ≤ 3") { ($0[.full1]?.median).map { $0 / 1_000 } }
        case .resumed1: .init(words: "p50 ms ≤ 1") { ($0[.resumed1]?.median).map { $0 / 1_000 } }
        default: nil
        }
    }

    private static func latency(
        _ figure: QUICFigure,
        over other: QUICFigure,
        in figures: [QUICFigure: QUICOutcome]
    ) -> Double? {
        guard let ours = figures[figure], let base = figures[other] else { return nil }
        return ours.median / base.median
    }
}
