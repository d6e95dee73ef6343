internal import MeshCore
package import MeshJSON

/// Refuses JSON schemas that the library should not see: it follows them by recursion, without a bound.
///
/// What repeats itself (a schema that refers to itself) is refused, too: an answer that follows it need not end. Pure.
package struct SchemaCheck {
    private let root: JSONValue
    /// How deep each reference goes that has been followed.
    private var depths: [String: Int] = [:]
    /// References that are being followed.
    private var open: Set<String> = []

    /// Throws `unsupported` for what is too long, too deep or refers to itself, `malformed` for what is no schema.
    package static func check(_ schema: JSONValue) throws(EngineError) {
        guard schema.object != nil || schema.bool != nil else {
            throw EngineError(.malformed, "the JSON schema is no object")
        }
        guard JSONWriter.bytes(of: schema).count <= Limits.Inference.maximumSchemaBytes else {
            throw EngineError(
                .unsupported,
                "the JSON schema has more than \(Limits.Inference.maximumSchemaBytes) bytes"
            )
        }
        var check = SchemaCheck(root: schema)
        _ = try check.depth(of: schema, at: 0)
    }

    private init(root: JSONValue) { self.root = root }

    /// How many values are inside each other in `value`, which lies `level` deep itself.
    private mutating func depth(of value: JSONValue, at level: Int) throws(EngineError) -> Int {
        guard level <= Limits.Inference.maximumSchemaDepth else { throw Self.tooDeep }
        var deepest = 0
        switch value {
        case .array(let elements):
            for element in elements { deepest = max(deepest, 1 + (try depth(of: element, at: level + 1))) }
        case .object(let object):
            for member in object.members {
                if let text = member.value.text {
                    if member.key == "pattern" { try Self.check(pattern: text) }
                    if member.key == "$ref" { deepest = max(deepest, 1 + (try follow(text, at: level + 1))) }
                }
                deepest = max(deepest, 1 + (try depth(of: member.value, at: level + 1)))
            }
        case .null, .bool, .integer, .number, .string: break
        }
        return deepest
    }

    private mutating func follow(_ reference: String, at level: Int) throws(EngineError) -> Int {
        if let depth = depths[reference] {
            guard level + depth <= Limits.Inference.maximumSchemaDepth else { throw Self.tooDeep }
            return depth
        }
        guard let target = target(of: reference) else {
            throw EngineError(.unsupported, "the JSON schema refers to what is not in it")
        }
        guard open.insert(reference).inserted else {
            throw EngineError(.unsupported, "the JSON schema refers to itself")
        }
        let depth = try depth(of: target, at: level)
        open.remove(reference)
        depths[reference] = depth
        return depth
    }

    /// What a reference within the document names (RFC 6901).
    private func target(of reference: String) -> JSONValue? {
        guard reference.hasPrefix("#") else { return nil }
        let path = reference.dropFirst()
        guard !path.isEmpty else { return root }
        guard path.hasPrefix("/") else { return nil }
        var value = root
        for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let name = String(part.replacing("~1", with: "/").replacing("~0", with: "~"))
            if let elements = value.array {
                guard let index = Int(name), elements.indices.contains(index) else { return nil }
                value = elements[index]
            } else {
                guard let next = value[name] else { return nil }
                value = next
            }
        }
        return value
    }

    /// The library takes any text where a pattern is not anchored.
    private static func check(pattern: String) throws(EngineError) {
        guard pattern.utf8.count <= Limits.Inference.maximumPatternBytes else {
            throw EngineError(.unsupported, "a pattern of the JSON schema is too long")
        }
        guard pattern.hasPrefix("^"), pattern.hasSuffix("$") else {
            throw EngineError(.unsupported, "a pattern of the JSON schema does not begin with ^ and end with $")
        }
    }

    private static let tooDeep = EngineError(
        .unsupported,
        "the JSON schema is deeper than \(Limits.Inference.maximumSchemaDepth) values"
    )
}
