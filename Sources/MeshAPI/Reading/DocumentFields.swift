internal import MeshCore
internal import MeshJSON

/// The members of a document while it is read.
struct DocumentFields {
    private let object: JSONObject
    private let name: String

    /// The members of `json`, which is to be the document `name`.
    init(_ json: JSONValue, of name: String) throws(APIError) {
        guard let object = json.object else { throw APIError(.malformed, "a \(name) is an object, not \(json.kind)") }
        self.object = object
        self.name = name
    }

    subscript(key: String) -> JSONValue? {
        // What is null is not known. (`nil` would be a null of JSON where a value is expected.)
        guard let value = object[key], value != .null else { return nil }
        return value
    }

    func text(_ key: String) throws(APIError) -> String { try need(key, self[key]?.text, "text") }

    func integer(_ key: String) throws(APIError) -> Int64 { try need(key, self[key]?.integer, "a whole number") }

    func number(_ key: String) throws(APIError) -> Double { try need(key, self[key]?.number, "a number") }

    func truth(_ key: String) throws(APIError) -> Bool { try need(key, self[key]?.bool, "true or false") }

    func word<Word: RawRepresentable<String> & CaseIterable>(_ key: String, _: Word.Type) throws(APIError) -> Word {
        let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
        return try need(key, self[key]?.text.flatMap(Word.init(rawValue:)), "one of \(words)")
    }

    func document<Document: APIDocument>(_ key: String, _: Document.Type) throws(APIError) -> Document {
        try Document(json: need(key, self[key], "an object"))
    }

    /// Nil where it is not there.
    func optional<Document: APIDocument>(_ key: String, _: Document.Type) throws(APIError) -> Document? {
        guard let value = self[key] else { return nil }
        return try Document(json: value)
    }

    func list<Document: APIDocument>(_ key: String, of _: Document.Type) throws(APIError) -> [Document] {
        let elements = try need(key, self[key]?.array, "a list")
        var documents: [Document] = []
        for element in elements { documents.append(try Document(json: element)) }
        return documents
    }

    /// The texts of a list.
    func texts(in key: String) throws(APIError) -> [String] {
        let elements = try need(key, self[key]?.array, "a list")
        var texts: [String] = []
        for element in elements { texts.append(try need(key, element.text, "a list of texts")) }
        return texts
    }

    /// The text behind each name, in the order of the document; none where the member is not there.
    func texts(_ key: String) throws(APIError) -> [String: String] {
        guard let value = self[key] else { return [:] }
        var texts: [String: String] = [:]
        for member in try need(key, value.object, "an object").members {
            texts[member.key] = try need("\(key).\(member.key)", member.value.text, "text")
        }
        return texts
    }

    private func need<Value>(_ key: String, _ value: Value?, _ expected: String) throws(APIError) -> Value {
        guard let value else { throw APIError(.malformed, "a \(name) has \(expected) as '\(key)'") }
        return value
    }
}

extension JSONValue {
    /// Names with their texts, in the order of the names; nil where there are none.
    static func texts(_ texts: [String: String]) -> JSONValue? {
        guard !texts.isEmpty else { return nil }
        var object = JSONObject()
        for (key, value) in texts.sorted(by: { $0.key < $1.key }) { object[key] = .string(value) }
        return .object(object)
    }

    /// A count, which beyond 2^63 is said as that.
    static func count(_ count: UInt64) -> JSONValue { .integer(Int64(clamping: count)) }
}

extension Duration {
    /// In milliseconds with three digits behind the point.
    package var roundedMilliseconds: Double { Double(wholeNanoseconds / 1_000) / 1_000 }

    /// In seconds with three digits behind the point.
    package var roundedSeconds: Double { Double(wholeNanoseconds / 1_000_000) / 1_000 }
}
