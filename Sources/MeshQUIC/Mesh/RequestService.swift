internal import MeshActors
internal import MeshCore

/// Who answers the requests of peers, each in a task of its own.
///
/// Confined to the loop.
struct RequestService {
    let handler: RequestHandler
    let pool = TaskPool(maximumTasks: Limits.Call.maximumRequestsWaiting)

    init(_ handler: @escaping RequestHandler) { self.handler = handler }
}

/// Who takes the streams of bytes that peers open for one word, each in a task of its own.
///
/// Confined to the loop.
struct StreamService {
    typealias Handler = @Sendable (ByteStream) async throws -> Void

    let handler: Handler
    let pool = TaskPool(maximumTasks: Limits.Stream.maximumServed)

    init(_ handler: @escaping Handler) { self.handler = handler }
}
