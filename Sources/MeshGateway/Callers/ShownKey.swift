internal import MeshCore
internal import MeshHTTP
internal import MeshIdentity

/// The key that a request shows, in `authorization: Bearer …` or in `x-api-key`.
enum ShownKey {
    /// The text that is shown; nil where none is.
    ///
    /// Where no key is needed, what is none of ours is not looked at: SDKs do not start without a key, so people give
    /// them anything. Two that differ are refused: which of them counts must not depend on who looks.
    static func read(_ fields: HTTPFields, needsKey: Bool) throws(HTTPRefusal) -> String? {
        var shown: String?
        func take(_ text: Substring) throws(HTTPRefusal) {
            guard !text.isEmpty, needsKey || text.hasPrefix(APIKey.prefix) else { return }
            guard text.utf8.count <= Limits.Routing.maximumCredentialBytes else { throw .malformedKey }
            guard shown == nil || shown.map({ $0 == text }) == true else { throw .twoKeys }
            shown = String(text)
        }
        if fields.contains(.apiKey) {
            for value in fields.values(of: .apiKey) { try take(trimmed(value[...])) }
        }
        if fields.contains(.authorization) {
            for value in fields.values(of: .authorization) {
                if let token = token(value) { try take(token) } else if needsKey { throw .malformedKey }
            }
        }
        return shown
    }

    /// What follows `Bearer`; nil where that is not how it begins.
    private static func token(_ value: String) -> Substring? {
        let text = trimmed(value[...])
        let scheme = text.prefix { $0 != " " }
        return scheme.lowercased() == "bearer" ? trimmed(text[scheme.endIndex...]) : nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
