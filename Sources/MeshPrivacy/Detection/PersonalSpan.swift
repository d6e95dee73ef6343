/// A piece of text that was found to be personal data.
package struct PersonalSpan: Hashable, Sendable {
    /// What it is.
    package let kind: PersonalKind

    /// Where it stands, in bytes of UTF-8.
    package let range: Range<Int>
}

/// What the rules have found in one text, before it is decided what replaces what.
struct Findings {
    private var spans: [PersonalSpan] = []

    mutating func add(_ kind: PersonalKind, _ range: Range<Int>) {
        if !range.isEmpty { spans.append(PersonalSpan(kind: kind, range: range)) }
    }

    /// Takes out the kinds that nobody wants to know of.
    mutating func drop(_ isDropped: (PersonalKind) -> Bool) { spans.removeAll { isDropped($0.kind) } }

    /// What replaces what: pieces that overlap or touch become one, of the kind that comes first in ``order``.
    ///
    /// So nothing that any rule has found is left standing, whatever the others say. No piece cuts a character in two,
    /// and none ends inside a word: a placeholder is told by what follows it.
    func merged(in text: ScannedText) -> [PersonalSpan] {
        var merged: [PersonalSpan] = []
        for span in spans.map({ Self.widened($0, in: text) }).sorted(by: Self.isBefore) {
            guard let last = merged.last, span.range.lowerBound <= last.range.upperBound else {
                merged.append(span)
                continue
            }
            let end = max(last.range.upperBound, span.range.upperBound)
            let kind = Self.rank(span.kind) < Self.rank(last.kind) ? span.kind : last.kind
            merged[merged.count - 1] = PersonalSpan(kind: kind, range: last.range.lowerBound..<end)
        }
        return merged
    }

    private static func widened(_ span: PersonalSpan, in text: ScannedText) -> PersonalSpan {
        var (start, end) = (span.range.lowerBound, span.range.upperBound)
        while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
        while end < text.count, text[end] & 0xC0 == 0x80 || text[end].isAlphanumeric { end += 1 }
        return PersonalSpan(kind: span.kind, range: start..<end)
    }

    private static func isBefore(_ left: PersonalSpan, _ right: PersonalSpan) -> Bool {
        (left.range.lowerBound, rank(left.kind)) < (right.range.lowerBound, rank(right.kind))
    }

    private static func rank(_ kind: PersonalKind) -> Int { order.firstIndex(of: kind) ?? order.count }

    /// What says most about a piece that several rules have found: secrets first, then what has check digits.
    private static let order: [PersonalKind] = [
        .secret, .url, .organisation, .iban, .card, .nationalID, .email, .mac, .ip, .birthDate, .address, .phone,
        .person,
    ]
}
