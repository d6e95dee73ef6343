package import MeshChat
internal import MeshCore
internal import MeshJSON

/// A value in a client's request, and where it stands, for errors that say what is to blame.
struct RequestField {
    let value: JSONValue
    let path: String

    init(_ value: JSONValue, path: String = "") {
        self.value = value
        self.path = path
    }

    /// Whether nothing is said.
    var isNull: Bool { value == .null }

    /// The member called `key`; nil where it is not there or null.
    subscript(key: String) -> RequestField? {
        guard let member = value[key], member != .null else { return nil }
        return RequestField(member, path: path.isEmpty ? key : "\(path).\(key)")
    }

    /// The member called `key`, which must be there.
    func required(_ key: String) throws(ChatError) -> RequestField {
        guard let field = self[key] else {
            throw Self.malformed(path.isEmpty ? key : "\(path).\(key)", "is missing")
        }
        return field
    }

    func text() throws(ChatError) -> String {
        guard let text = value.text else { throw wrong("must be text") }
        return text
    }

    func bool() throws(ChatError) -> Bool {
        guard let bool = value.bool else { throw wrong("must be true or false") }
        return bool
    }

    /// A whole number; `7.0` is one too.
    func integer(_ range: ClosedRange<Int64>) throws(ChatError) -> Int64 {
        let integer = value.integer ?? value.number.flatMap { Int64(exactly: $0) }
        guard let integer, range.contains(integer) else {
            throw wrong("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    func number(_ range: ClosedRange<Double>) throws(ChatError) -> Double {
        guard let number = value.number, range.contains(number) else {
            throw wrong("must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The elements, of which there may be `most`.
    func elements(upTo most: Int) throws(ChatError) -> [RequestField] {
        guard let array = value.array else { throw wrong("must be a list") }
        guard array.count <= most else { throw wrong("must have no more than \(most) elements") }
        return array.enumerated().map { RequestField($1, path: "\(path)[\($0)]") }
    }

    func object() throws(ChatError) -> JSONObject {
        guard let object = value.object else { throw wrong("must be an object") }
        return object
    }

    /// An error that blames this.
    func wrong(_ what: String) -> ChatError { Self.malformed(path, what) }

    /// An error that says that this means something, but nothing that is done here.
    func unsupported(_ what: String) -> ChatError {
        ChatError(.unsupported, "\(path): \(what)", cause: ChatFailure(parameter: path))
    }

    private static func malformed(_ path: String, _ what: String) -> ChatError {
        ChatError(.malformed, "\(path) \(what)", cause: ChatFailure(parameter: path))
    }
}

/// A request as it was read, and what of it is not carried on.
package struct ReadRequest: Hashable, Sendable {
    /// What is asked.
    package var request: ChatRequest

    /// Names of what the client said and nobody here does: told to it in a header.
    package var dropped: [String]

    /// A request of which `dropped` is not carried on.
    package init(_ request: ChatRequest, dropped: [String] = []) {
        self.request = request
        self.dropped = dropped
    }

    /// The names of members that are not among `known` and that say something, as far as they can stand in a header.
    static func dropped(from object: JSONObject, known: Set<String>) -> [String] {
        let names = object.members.lazy.filter { member in
            !known.contains(member.key) && says(member.value) && canStandInHeader(member.key)
        }
        return names.prefix(Limits.Dialects.maximumDroppedNames).map(\.key)
    }

    /// Whether a value is more than what is taken anyway.
    private static func says(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .bool(false), .string("auto"), .string("default"), .string("standard"): false
        case .array(let elements): !elements.isEmpty
        case .object(let object): object.count > 0
        default: true
        }
    }

    private static func canStandInHeader(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x5F }
    }
}

extension JSONValue {
    /// A count that a provider wrote, in whatever way; 0 where it is none.
    var count: Int {
        if let integer { return Int(clamping: integer) }
        return number.flatMap { Int(exactly: $0.rounded()) } ?? 0
    }

    /// The document in `bytes`; throws `malformed` where it is no JSON object.
    static func request(_ bytes: [UInt8]) throws(ChatError) -> JSONObject {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(bytes)
        } catch {
            throw ChatError(.malformed, "the body is no JSON: \(error.message)")
        }
        guard case .object(let object) = value else { throw ChatError(.malformed, "the body is no JSON object") }
        return object
    }

    /// The object in what a provider wrote; nil where there is none.
    static func answer(_ bytes: [UInt8]) -> JSONValue? {
        guard let value = try? JSONReader.read(bytes), value.object != nil else { return nil }
        return value
    }
}
