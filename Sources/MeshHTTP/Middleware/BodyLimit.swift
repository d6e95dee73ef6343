internal import MeshCore

/// Takes no more than so many bytes of a body: a longer one is refused at once where its length is said, and breaks off
/// where it is not.
package struct BodyLimit: Middleware {
    private let maximumBytes: Int

    /// A limit of `maximumBytes`.
    package init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    package func respond(to request: HTTPRequest, next: Next) async throws -> HTTPResponse {
        if let length = request.body.declaredLength {
            guard length <= UInt64(maximumBytes) else { throw HTTPError(.tooLarge, Self.message(maximumBytes)) }
            return try await next.respond(to: request)  // the server sees to it that no more comes
        }
        var request = request
        request.body = RequestBody(declaredLength: nil, source: Counted(body: request.body, maximumBytes: maximumBytes))
        return try await next.respond(to: request)
    }

    private static func message(_ maximumBytes: Int) -> String { "the body has more than \(maximumBytes) bytes" }

    private final class Counted: RequestBodySource {
        private let body: RequestBody
        private let maximumBytes: Int
        private let count = Lock(0)

        init(body: RequestBody, maximumBytes: Int) {
            self.body = body
            self.maximumBytes = maximumBytes
        }

        func next() async throws(HTTPError) -> [UInt8]? {
            guard let piece = try await body.next() else { return nil }
            let total = count.withLock { count in
                count += piece.count
                return count
            }
            guard total <= maximumBytes else { throw HTTPError(.tooLarge, BodyLimit.message(maximumBytes)) }
            return piece
        }
    }
}
