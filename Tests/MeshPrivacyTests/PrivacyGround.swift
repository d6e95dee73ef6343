import MeshCore
import MeshPrivacy

/// Keys, maps and shorthands for the tests of the privacy proxy.
enum PrivacyGround {
    static func key(tenant: String = "main", session: String = "session-1", secret: UInt8 = 7) throws -> PlaceholderKey
    {
        let bytes = [UInt8](repeating: secret, count: TokenKey.byteCount)
        let secret = bytes.withUnsafeBytes { TokenKey(copying: $0) }
        guard let secret else { throw PrivacyError(.malformedMap, "a key has its length") }
        return PlaceholderKey(secret: secret, tenant: try TenantID(tenant), session: session)
    }

    static func map(tenant: String = "main", session: String = "session-1") throws -> PlaceholderMap {
        PlaceholderMap(key: try key(tenant: tenant, session: session), now: WallTime(millisecondsSince1970: 0))
    }

    /// What is found in a text, as the text of each piece.
    static func found(_ text: String, terms: OwnTerms = OwnTerms()) throws -> [Found] {
        let bytes = Array(text.utf8)
        return try Detector(terms: terms).spans(in: text).map { span in
            Found(span.kind, String(decoding: bytes[span.range], as: UTF8.self))
        }
    }

    /// The pieces of one kind in a text.
    static func found(_ kind: PersonalKind, in text: String) throws -> [String] {
        try found(text).filter { $0.kind == kind }.map(\.text)
    }

    struct Found: Equatable, CustomStringConvertible {
        let kind: PersonalKind
        let text: String

        init(_ kind: PersonalKind, _ text: String) {
            self.kind = kind
            self.text = text
        }

        var description: String { "\(kind): \(text)" }
    }
}
