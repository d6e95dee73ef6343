internal import MeshCore
internal import MeshHTTP

/// Lets so many commands be under way at a time, and no more.
final class CommandRoom: Sendable {
    private let taken = Lock(0)
    private let places: Int
    private let subject: String

    init(places: Int, subject: String = "commands to nodes") {
        self.places = places
        self.subject = subject
    }

    /// What `body` brings, where there is room for it.
    func enter<Value>(_ body: () async throws -> Value) async throws -> Value {
        let isIn = taken.withLock { taken in
            guard taken < places else { return false }
            taken += 1
            return true
        }
        guard isIn else {
            throw HTTPRefusal(
                .serviceUnavailable,
                "overloaded",
                "too many \(subject) are under way",
                fields: [.retryAfter: "\(Limits.Gateway.retryAfter.components.seconds)"]
            )
        }
        defer { taken.withLock { $0 -= 1 } }
        return try await body()
    }
}
