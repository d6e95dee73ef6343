internal import MeshChat
internal import MeshCore

/// Puts the originals back into an answer that comes piece by piece.
///
/// However the answer is cut, the same comes out. Held back is only what may be the beginning of a placeholder, at most
/// ``Limits/Privacy/maximumHeldBytes`` of it, and all is given out at the end.
package struct StreamRestorer: Sendable {
    /// What the text is, which says how an original is written into it.
    package enum Form: Hashable, Sendable {
        /// Text for people.
        case text
        /// A document of JSON: originals stand inside its strings.
        case json

        /// The form of an answer's text in a format.
        init(of format: ResponseFormat) {
            switch format {
            case .text: self = .text
            case .jsonObject, .jsonSchema: self = .json
            }
        }
    }

    /// What became of the placeholders so far.
    package private(set) var tally = RestorationTally()

    private let map: PlaceholderMap
    private let form: Form
    private var held: [UInt8] = []
    private var before: UInt8 = 0

    /// A restorer for one text of an answer.
    package init(map: PlaceholderMap, form: Form = .text) {
        self.map = map
        self.form = form
    }

    /// How many bytes are held back.
    package var heldBytes: Int { held.count }

    /// What can be said of the answer now that `piece` has come.
    package mutating func restore(_ piece: String) -> String { restore(Array(piece.utf8), isWhole: false) }

    /// The rest, now that nothing more comes.
    package mutating func finish() -> String { restore([], isWhole: true) }

    private mutating func restore(_ bytes: [UInt8], isWhole: Bool) -> String {
        let text = ScannedText(bytes: held + bytes)
        held = []
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        let map = map
        let reader = PlaceholderReader(text: text, isWhole: isWhole, before: before) { word, digits, count in
            map.hasPlaceholder(word, beginningWith: digits, count: count)
        }
        var index = 0
        while index < text.count {
            guard text[index].isLetter else {
                switch quotedNumber(reader, index) {
                case .undecided where text.count - index <= Limits.Privacy.maximumHeldBytes:
                    hold(text, from: index)
                    return String(decoding: output, as: UTF8.self)
                case .placeholder(let placeholder, let end):
                    write(placeholder, &output)
                    index = end
                case .none, .undecided, .broken:
                    output.append(text[index])
                    index += 1
                }
                continue
            }
            switch reader.match(at: index) {
            case .undecided where text.count - index <= Limits.Privacy.maximumHeldBytes:
                hold(text, from: index)
                return String(decoding: output, as: UTF8.self)
            case .none, .undecided:
                output.append(text[index])
                index += 1
            case .placeholder(let placeholder, let end):
                write(placeholder, &output)
                index = end
            case .broken(let end):
                tally.broken += 1
                output += text.bytes[index..<end]
                index = end
            }
        }
        before = text.bytes.last ?? before
        return String(decoding: output, as: UTF8.self)
    }

    private mutating func hold(_ text: ScannedText, from index: Int) {
        held = Array(text.bytes[index...])
        before = index > 0 ? text[index - 1] : before
    }

    /// A placeholder in quotation marks that stands for a number, as a whole value of JSON: with it the marks go.
    ///
    /// In a document inside a string each mark has its backslashes.
    private func quotedNumber(_ reader: PlaceholderReader, _ start: Int) -> PlaceholderReader.Match {
        let text = reader.text
        let (mark, escape) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        guard form == .json, map.hasNumbers, text[start] == mark || text[start] == escape,
            (start > 0 ? text[start - 1] : before) != escape
        else { return .none }
        let unknown = reader.isWhole ? PlaceholderReader.Match.none : .undecided
        var index = start
        while index - start < Self.longestEscape, text[index] == escape { index += 1 }
        let escapes = index - start
        guard index + 1 < text.count else { return unknown }
        guard text[index] == mark else { return .none }
        let match = reader.match(at: index + 1)
        guard case .placeholder(let placeholder, var end) = match else { return match == .undecided ? match : .none }
        guard map.isNumber(placeholder) else { return .none }
        for _ in 0..<escapes {
            guard end < text.count else { return unknown }
            guard text[end] == escape else { return .none }
            end += 1
        }
        guard end < text.count else { return unknown }
        guard text[end] == mark else { return .none }
        end += 1
        var next = end
        while next < text.count, text[next].isSpace { next += 1 }
        // A key keeps its marks.
        guard next < text.count || reader.isWhole else { return .undecided }
        return text[next] == UInt8(ascii: ":") ? .none : .placeholder(placeholder, end: end)
    }

    /// Backslashes before a mark of a document as deep inside others as any is searched.
    private static let longestEscape = 15

    private mutating func write(_ placeholder: Placeholder, _ output: inout [UInt8]) {
        guard let original = map.original(of: placeholder) else { return }
        tally.restored += 1
        switch form {
        case .text: output += Array(original.utf8)
        case .json: output += JSONText.quoted(original).utf8.dropFirst().dropLast()
        }
    }
}

/// What became of the placeholders of an answer.
package struct RestorationTally: Hashable, Sendable {
    /// How many were put back.
    package internal(set) var restored = 0

    /// How many stayed as they were, because they are none of this conversation's: a warning for whoever reads the
    /// answer.
    package internal(set) var broken = 0

    /// None so far.
    package init() {}

    /// The sum of two.
    package static func + (left: RestorationTally, right: RestorationTally) -> RestorationTally {
        var sum = left
        sum.restored += right.restored
        sum.broken += right.broken
        return sum
    }
}
