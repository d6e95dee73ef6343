internal import MeshCore

/// The port that knows who may come in by which key.
package protocol Authenticator: Sendable {
    /// What those behind are told about who asks.
    associatedtype Principal: RequestNote

    /// Who asks with `key`, or with none; throws the refusal that the client is told.
    ///
    /// Called in the task of the request. A refusal with 401 is given its `www-authenticate`.
    func principal(for key: PresentedKey?, of request: HTTPRequest) async throws -> Principal.Value
}

/// A key as a client presents it, which nobody has looked at yet; no description says it.
package struct PresentedKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key.
    package let secret: String

    /// The key `secret`.
    package init(secret: String) { self.secret = secret }

    package var description: String { "PresentedKey(…)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Lets in whom an ``Authenticator`` knows, and notes who it is.
///
/// A key stands in `authorization: Bearer …` or in `x-api-key`. Two of them, or one that is long or malformed, are
/// refused unread: which of them counts must not depend on who looks.
package struct Authentication<Known: Authenticator>: Middleware {
    private let authenticator: Known

    /// A door that `authenticator` guards.
    package init(_ authenticator: Known) { self.authenticator = authenticator }

    package func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
        var request = request
        do {
            let key = try PresentedKey(of: request)
            request[Known.Principal.self] = try await authenticator.principal(for: key, of: request)
        } catch let refusal as HTTPRefusal {
            throw refusal.sayingHowToAuthenticate
        }
        return try await next.respond(to: request)
    }
}

extension PresentedKey {
    /// The key of `request`; nil where it presents none.
    fileprivate init?(of request: HTTPRequest) throws(HTTPRefusal) {
        let authorizations = request.fields.values(of: .authorization)
        let keys = request.fields.values(of: .apiKey)
        guard authorizations.count + keys.count <= 1 else {
            throw HTTPRefusal(.badRequest, "ambiguous_key", "present one key, in one field")
        }
        guard let said = authorizations.first ?? keys.first else { return nil }
        guard said.utf8.count <= Limits.Routing.maximumCredentialBytes else { throw Self.malformed }
        guard authorizations.first != nil else {
            guard Self.isKey(said) else { throw Self.malformed }
            self.init(secret: said)
            return
        }
        let parts = said.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw Self.malformed }
        let token = parts[1].drop { $0 == " " }
        guard Self.isKey(token) else { throw Self.malformed }
        self.init(secret: String(token))
    }

    /// Visible ASCII without spaces, commas and quotation marks.
    private static func isKey(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x2C }
    }

    private static let malformed = HTTPRefusal(.unauthorized, "malformed_key", "the key cannot be understood")
}

extension HTTPRefusal {
    fileprivate var sayingHowToAuthenticate: HTTPRefusal {
        guard status == .unauthorized, !fields.contains(.wwwAuthenticate) else { return self }
        var fields = fields
        fields.append(.wwwAuthenticate, "Bearer realm=\"meshnode\"")
        return HTTPRefusal(status, code, message, fields: fields)
    }
}
