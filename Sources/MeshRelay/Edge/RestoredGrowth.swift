internal import MeshChat
internal import MeshCore
internal import MeshPrivacy

/// By how much an answer grows when its originals are put back.
///
/// A placeholder is short and its original may be long, so that a small answer could become one of any size: it is
/// restored bit by bit, as far as it may grow.
struct RestoredGrowth {
    private let mapBytes: Int
    private(set) var bytes = 0

    init(with map: PlaceholderMap) { mapBytes = map.byteCount }

    /// Whether it is more than an answer may grow by.
    var isTooMuch: Bool { bytes > Limits.Relay.maximumRestoredGrowth }

    /// Counts what was written in place of what was said.
    mutating func note(said: Int, written: Int) { bytes += written - said }

    /// The text in pieces so small that none can grow by much more than is left.
    func pieces(of text: String) -> [String] {
        let count = text.utf8.count
        // In JSON a byte of an original has six at most; no placeholder is shorter than eight bytes.
        let (worst, overflow) = mapBytes.multipliedReportingOverflow(by: 6 * (count / 8 + 1))
        if !overflow, worst <= Limits.Relay.maximumRestoredGrowth - bytes { return [text] }
        var pieces: [String] = []
        var piece = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            piece.append(scalar)
            guard piece.count == Self.pieceScalars else { continue }
            pieces.append(String(piece))
            piece = String.UnicodeScalarView()
        }
        if !piece.isEmpty { pieces.append(String(piece)) }
        return pieces
    }

    private static let pieceScalars = 32
}

extension Restorer {
    /// The text with its originals, what became of its placeholders, and whether that is all of it: it is cut where it
    /// grows beyond ``Limits/Relay/maximumRestoredGrowth``.
    static func restore(
        bounded text: String,
        with map: PlaceholderMap
    ) -> (text: String, tally: RestorationTally, isWhole: Bool) {
        var growth = RestoredGrowth(with: map)
        let pieces = growth.pieces(of: text)
        guard pieces.count > 1 else {
            let (restored, tally) = restore(text, with: map)
            return (restored, tally, true)
        }
        var restorer = StreamRestorer(map: map)
        var restored = ""
        for piece in pieces {
            let more = restorer.restore(piece)
            growth.note(said: piece.utf8.count, written: more.utf8.count)
            restored += more
            if growth.isTooMuch { return (restored, restorer.tally, false) }
        }
        restored += restorer.finish()
        return (restored, restorer.tally, true)
    }
}

extension ChatEvent {
    /// The same in events of which each holds one of `pieces` of its words.
    func cut(_ pieces: (String) -> [String]) -> [ChatEvent] {
        switch self {
        case .text(let text): text.isEmpty ? [self] : pieces(text).map { .text($0) }
        case .thinking(let text): text.isEmpty ? [self] : pieces(text).map { .thinking($0) }
        case .toolUseArguments(let text): text.isEmpty ? [self] : pieces(text).map { .toolUseArguments($0) }
        default: [self]
        }
    }

    /// Bytes of its words.
    var wordBytes: Int {
        switch self {
        case .text(let text), .thinking(let text), .toolUseArguments(let text): text.utf8.count
        case .toolUseStarted(let id, let name): id.utf8.count + name.utf8.count
        case .ended(.stopSequence(let sequence?)): sequence.utf8.count
        default: 0
        }
    }
}
