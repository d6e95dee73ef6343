internal import MeshCore

/// The body of a request, in pieces as they come.
///
/// To be read once, by one task. While nobody reads, the client is held back.
package struct RequestBody: Sendable {
    private let source: any RequestBodySource

    /// How long the client said it is; nil where it comes in chunks.
    package let declaredLength: UInt64?

    /// The body that `source` brings.
    package init(declaredLength: UInt64?, source: any RequestBodySource) {
        self.declaredLength = declaredLength
        self.source = source
    }

    /// No body.
    package static let empty = RequestBody(declaredLength: 0, source: NoBody())

    /// The next piece, never empty; nil at the end.
    package func next() async throws(HTTPError) -> [UInt8]? { try await source.next() }

    /// All of it; throws `tooLarge` where it has more than `limit` bytes.
    package func collect(upTo limit: Int) async throws(HTTPError) -> [UInt8] {
        if let declaredLength, declaredLength > UInt64(limit) { throw Self.tooLarge(limit) }
        guard var all = try await next() else { return [] }
        while all.count <= limit, let piece = try await next() { all.append(contentsOf: piece) }
        guard all.count <= limit else { throw Self.tooLarge(limit) }
        return all
    }

    private static func tooLarge(_ limit: Int) -> HTTPError {
        HTTPError(.tooLarge, "the body has more than \(limit) bytes")
    }

    private struct NoBody: RequestBodySource {
        func next() async throws(HTTPError) -> [UInt8]? { nil }
    }
}

/// The port to wherever bodies come from: a connection, a stream, memory.
///
/// Called by one task at a time. The wait ends with an error when the client leaves, the body breaks a rule or a
/// deadline, or the task is cancelled; after an error or the end nothing more comes.
package protocol RequestBodySource: Sendable {
    /// The next piece, never empty; nil at the end.
    func next() async throws(HTTPError) -> [UInt8]?
}
