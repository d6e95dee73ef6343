/// A piece of text that was found to be personal data.
package struct PersonalSpan: Hashable, Sendable {
    /// What it is.
    package let kind: PersonalKind

    /// Where it stands, in bytes of UTF-8.
    package let range: Range<Int>
}

/// What the rules have found in one text, before it is decided what replaces what.
struct Findings {
    /// One of them.
    struct Piece {
        let kind: PersonalKind
        let range: Range<Int>
        /// Whether it is no number of a person's, and only looks like a placeholder: no policy is about it.
        var isLookalike = false
    }

    private(set) var pieces: [Piece] = []

    /// Where a number of JSON begins that was found, and which quotation marks its placeholder needs.
    var numbers: [Int: String] = [:]

    /// Whether the text is a document of JSON, whose strings are to be read before they are remembered.
    var isDocument = false

    var isEmpty: Bool { pieces.isEmpty }

    mutating func add(_ kind: PersonalKind, _ range: Range<Int>) { add(Piece(kind: kind, range: range)) }

    mutating func add(_ piece: Piece) { if !piece.range.isEmpty { pieces.append(piece) } }

    mutating func addLookalike(_ range: Range<Int>) {
        add(Piece(kind: .nationalID, range: range, isLookalike: true))
    }

    /// Takes out the kinds that nobody wants to know of.
    mutating func drop(_ isDropped: (PersonalKind) -> Bool) { pieces.removeAll { isDropped($0.kind) } }

    /// The same pieces elsewhere; a piece without a place is left out.
    func moved(_ place: (Range<Int>) -> Range<Int>) -> Findings {
        var moved = Findings()
        for piece in pieces {
            moved.add(Piece(kind: piece.kind, range: place(piece.range), isLookalike: piece.isLookalike))
        }
        return moved
    }

    mutating func add(_ others: Findings) {
        pieces += others.pieces
        numbers.merge(others.numbers) { first, _ in first }
    }

    /// What replaces what: pieces that overlap or touch become one, of the kind that comes first in ``order``.
    ///
    /// So nothing that any rule has found is left standing, whatever the others say. No piece cuts a character in two,
    /// and none ends inside a word: a placeholder is told by what follows it.
    func merged(in text: ScannedText) -> [Piece] {
        var merged: [Piece] = []
        for piece in pieces.map({ Self.widened($0, in: text) }).sorted(by: Self.isBefore) {
            guard let last = merged.last, piece.range.lowerBound <= last.range.upperBound else {
                merged.append(piece)
                continue
            }
            let end = max(last.range.upperBound, piece.range.upperBound)
            let first = Self.rank(piece) < Self.rank(last) ? piece : last
            let range = last.range.lowerBound..<end
            merged[merged.count - 1] = Piece(kind: first.kind, range: range, isLookalike: first.isLookalike)
        }
        return merged
    }

    private static func widened(_ piece: Piece, in text: ScannedText) -> Piece {
        var (start, end) = (piece.range.lowerBound, piece.range.upperBound)
        while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
        while end < text.count, text[end] & 0xC0 == 0x80 || text[end].isAlphanumeric { end += 1 }
        return Piece(kind: piece.kind, range: start..<end, isLookalike: piece.isLookalike)
    }

    private static func isBefore(_ left: Piece, _ right: Piece) -> Bool {
        (left.range.lowerBound, rank(left)) < (right.range.lowerBound, rank(right))
    }

    private static func rank(_ piece: Piece) -> Int {
        piece.isLookalike ? order.count : order.firstIndex(of: piece.kind) ?? order.count
    }

    /// What says most about a piece that several rules have found: secrets first, then what has check digits.
    private static let order: [PersonalKind] = [
        .secret, .url, .organisation, .iban, .card, .nationalID, .email, .mac, .ip, .birthDate, .address, .phone,
        .person,
    ]
}
