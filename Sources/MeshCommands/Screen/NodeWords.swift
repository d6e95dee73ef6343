internal import MeshAPI
internal import MeshVitals

/// Edges in words.
enum NodeWords {
    /// `gpu=yes, site=berlin`; nil for none.
    static func labels(_ labels: [String: String]) -> String? {
        guard !labels.isEmpty else { return nil }
        return labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
    }

    /// `store_answers` as people say it: `store answers`.
    static func plain(_ name: String) -> String { name.replacing("_", with: " ") }

    /// The state, and of one that was asked to go that it was.
    static func state(_ node: NodeDocument) -> Cell {
        switch node.state {
        case .connected: Cell("connected", .green)
        case .suspected: Cell("silent", .yellow)
        case .draining: Cell("draining", .yellow)
        case .gone: node.departure?.isDrained == true ? Cell("drained", .dim) : Cell("gone", .red)
        }
    }

    /// The part of its processors that is busy.
    static func load(_ vitals: Vitals?) -> Cell {
        guard let load = vitals?.processorLoad else { return Cell("-", .dim) }
        return Cell(Words.percent(load), fullness(load))
    }

    /// The part of its memory that is in use; nil where it does not say.
    static func memory(_ vitals: Vitals?) -> Double? {
        guard let vitals, let total = vitals.memoryTotalBytes, let free = vitals.memoryAvailableBytes, total > 0
        else { return nil }
        return Double(total - min(free, total)) / Double(total)
    }

    /// The part of its disk that is in use; nil where it does not say.
    static func disk(_ vitals: Vitals) -> Double? {
        guard let total = vitals.diskTotalBytes, let free = vitals.diskAvailableBytes, total > 0 else { return nil }
        return Double(total - min(free, total)) / Double(total)
    }

    /// From four fifths on it wants a look.
    static func fullness(_ part: Double) -> Paint { part >= 0.95 ? .red : part >= 0.8 ? .yellow : .plain }
}
