/// What is wrong with one value of a document that a program wrote, by its name: `context.constraints[2]`.
package struct JSONFieldError: Error, Hashable, Sendable {
    /// The value that is to blame; empty for the document itself.
    package let path: String

    /// What is wrong with it, as the end of a sentence: `is missing`.
    package let problem: String

    /// `path` is to blame for `problem`.
    package init(_ path: String, _ problem: String) {
        self.path = path
        self.problem = problem
    }
}

extension JSONFieldError: CustomStringConvertible {
    /// `max_tokens is missing`.
    package var description: String { path.isEmpty ? "the document \(problem)" : "\(path) \(problem)" }
}

/// A value in a document that a program wrote, and where it stands, so that an error can say what is to blame.
package struct JSONField: Sendable {
    /// What is said.
    package let value: JSONValue

    /// Where it stands; empty for the document itself.
    package let path: String

    /// `value` at `path`.
    package init(_ value: JSONValue, path: String = "") {
        self.value = value
        self.path = path
    }

    /// An error that blames this.
    package func wrong(_ problem: String) -> JSONFieldError { JSONFieldError(path, problem) }

    /// The member called `key`; nil where it is not there, or null.
    package subscript(key: String) -> JSONField? {
        guard let member = value[key], member != .null else { return nil }
        return JSONField(member, path: path(of: key))
    }

    /// The member called `key`, which must be there.
    package func required(_ key: String) throws(JSONFieldError) -> JSONField {
        guard let field = self[key] else { throw JSONFieldError(path(of: key), "is missing") }
        return field
    }

    /// Whether the member called `key` is there and null.
    package func isNull(_ key: String) -> Bool { value[key] == .null }

    /// Refuses what is no object, and members that are none of `known`: a misspelt name is better told than lost.
    package func members(among known: Set<String>) throws(JSONFieldError) {
        guard let object = value.object else { throw wrong("must be an object") }
        for member in object.members where !known.contains(member.key) {
            let isName = (1...64).contains(member.key.utf8.count) && member.key.utf8.allSatisfy(Self.isPlain)
            // A name that a stranger chose does not go into an error unless it is plain.
            throw isName ? JSONFieldError(path(of: member.key), "is not known here") : wrong("has an unknown member")
        }
    }

    /// Text of `bytes` bytes.
    package func text(bytes: ClosedRange<Int>) throws(JSONFieldError) -> String {
        guard let text = value.text else { throw wrong("must be text") }
        guard text.utf8.count >= bytes.lowerBound else { throw wrong("must not be empty") }
        guard text.utf8.count <= bytes.upperBound else {
            throw wrong("has \(text.utf8.count) bytes, limit \(bytes.upperBound)")
        }
        return text
    }

    /// A whole number; `7.0` is one too.
    package func integer(_ range: ClosedRange<Int>) throws(JSONFieldError) -> Int {
        let whole = value.integer.map { Int(clamping: $0) } ?? value.number.flatMap { Int(exactly: $0) }
        guard let whole, range.contains(whole) else {
            throw wrong("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return whole
    }

    /// The elements, of which there may be `most`.
    package func elements(atMost most: Int) throws(JSONFieldError) -> [JSONField] {
        guard let array = value.array else { throw wrong("must be a list") }
        guard array.count <= most else { throw wrong("has \(array.count) elements, limit \(most)") }
        return array.enumerated().map { JSONField($1, path: "\(path)[\($0)]") }
    }

    private func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
