internal import MeshCore
package import MeshHTTP

/// A test double: a body of pieces from memory.
package final class VolatileRequestBody: RequestBodySource {
    private let pieces: Lock<[[UInt8]]>

    /// A body of `pieces`, none of them empty.
    package init(_ pieces: [[UInt8]]) { self.pieces = Lock(pieces) }

    package func next() async throws(HTTPError) -> [UInt8]? {
        pieces.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
