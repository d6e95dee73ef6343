internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// Reads the fields of one object, and keeps what is wrong with them.
///
/// A field with a mistake has its default: the rest of the file is read all the same, so that people see every mistake
/// at once.
struct FieldReader {
    let object: JSONObject
    let steps: [JSONStep]
    let source: JSONSource
    private(set) var mistakes: [JSONMistake] = []

    /// Reads `value`, a part of the file that is to be a `section`.
    init(_ value: JSONValue, _ section: TopologyField.Section, at steps: [JSONStep], of source: JSONSource) {
        self.steps = steps
        self.source = source
        guard let object = value.object else {
            self.object = JSONObject()
            let words = "\(section.rawValue.lowercased()) is an object { … }, not \(value.kind)"
            mistakes.append(source.mistake(at: steps, words))
            return
        }
        self.object = object
        let known = TopologyField.all(of: section).map(\.name)
        for member in object.members where !known.contains(member.key) {
            let hint = member.key.nearest(among: known).map { "; did you mean '\($0)'?" } ?? ""
            let shown = member.key.prefix(60).description.printable
            add(member.key, "unknown key '\(shown)'\(hint)")
        }
    }

    /// Says what is wrong with a field.
    mutating func add(_ key: String, _ message: String) {
        let place = object[key] == nil ? steps : steps + [.key(key)]
        mistakes.append(source.mistake(at: place, message))
    }

    /// Takes over what was found wrong with a part.
    mutating func add(_ others: [JSONMistake]) { mistakes += others }

    // MARK: Values

    mutating func text(_ key: String) -> String? {
        guard let value = object[key] else { return nil }
        if let text = value.text { return text }
        add(key, "'\(key)' is \(value.kind), and should be text")
        return nil
    }

    mutating func truth(_ key: String) -> Bool? {
        guard let value = object[key] else { return nil }
        if let truth = value.bool { return truth }
        add(key, "'\(key)' is \(value.kind), and should be true or false")
        return nil
    }

    mutating func number(_ key: String, within range: ClosedRange<Int>) -> Int? {
        guard let value = object[key] else { return nil }
        if let number = value.integer, let number = Int(exactly: number), range.contains(number) { return number }
        add(key, "'\(key)' should be a whole number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    /// A share, out of a thousand.
    mutating func percentage(_ key: String) -> Int? {
        guard let value = object[key] else { return nil }
        if let number = value.number, (0...100).contains(number) { return Int((number * 10).rounded()) }
        add(key, "'\(key)' should be a percentage from 0 to 100")
        return nil
    }

    mutating func duration(_ key: String) -> Duration? {
        guard let value = object[key] else { return nil }
        let syntax = ValueSyntax<Duration>.within(.zero...Limits.Topology.longestTime)
        guard let text = value.text else {
            add(key, "'\(key)' is \(value.kind), and should be \(syntax.expected), as text")
            return nil
        }
        return word(key, text, syntax)
    }

    /// The value that `text` spells in `syntax`.
    mutating func word<Value>(_ key: String, _ text: String, _ syntax: ValueSyntax<Value>) -> Value? {
        do throws(InvalidValue) { return try syntax.parse(text) } catch {
            let hint = error.nearest.map { "; did you mean '\($0)'?" } ?? ""
            let shown = text.prefix(60).description.printable
            add(key, "'\(shown)' is not right for '\(key)': expected \(error.expected)\(hint)")
            return nil
        }
    }

    mutating func object(_ key: String) -> JSONObject? {
        guard let value = object[key] else { return nil }
        if let object = value.object { return object }
        add(key, "'\(key)' is \(value.kind), and should be an object { … }")
        return nil
    }

    mutating func list(_ key: String) -> [JSONValue]? {
        guard let value = object[key] else { return nil }
        if let list = value.array { return list }
        add(key, "'\(key)' is \(value.kind), and should be a list [ … ]")
        return nil
    }
}
