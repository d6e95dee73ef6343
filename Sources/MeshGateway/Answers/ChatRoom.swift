internal import MeshChat
internal import MeshCore
internal import MeshHTTP

/// Lets so many chats be under way at a time, with so many bytes asked in all of them, and no more.
final class ChatRoom: Sendable {
    private struct Taken {
        var places = 0
        var bytes = 0
    }

    private let taken = Lock(Taken())
    private let places: Int
    private let bytes: Int

    init(places: Int, bytes: Int) {
        self.places = places
        self.bytes = bytes
    }

    /// A place, for as long as somebody holds it.
    func enter() throws(ChatError) -> Place {
        let isIn = taken.withLock { taken in
            guard taken.places < places else { return false }
            taken.places += 1
            return true
        }
        guard isIn else { throw Self.full("too many chats are under way") }
        return Place(room: self)
    }

    private static func full(_ message: String) -> ChatError {
        ChatError(.overloaded, message, cause: ChatFailure(retryAfter: Limits.Gateway.retryAfter))
    }

    private static let tooMuch = full("too much is being asked at once")

    private static let tooSlow = ChatError(.timedOut, "the body took too long to come")

    /// A chat's place in the room.
    final class Place: Sendable {
        private let room: ChatRoom
        private let held = Lock(0)

        fileprivate init(room: ChatRoom) { self.room = room }

        deinit {
            let bytes = held.withLock { $0 }
            room.taken.withLock { taken in
                taken.places -= 1
                taken.bytes -= bytes
            }
        }

        /// All of `body`, for which there must be room, and which has to be here by `deadline`.
        ///
        /// What counts is what has come: who announces much and sends slowly must not keep others out.
        func collect(_ body: RequestBody, by deadline: ChatDeadline) async throws -> [UInt8] {
            if let length = body.declaredLength {
                // Refused before it is sent, where it would be anyway.
                guard room.taken.withLock({ length <= UInt64(room.bytes - $0.bytes) }) else { throw ChatRoom.tooMuch }
            }
            let outcome = try await deadline.hold(late: ChatRoom.tooSlow) { () async throws(ChatError) in
                do { return Result<[UInt8], any Error>.success(try await self.collect(body)) } catch {
                    return .failure(error)
                }
            }
            return try outcome.get()
        }

        private func collect(_ body: RequestBody) async throws -> [UInt8] {
            var all: [UInt8] = []
            while let piece = try await body.next() {
                try hold(piece.count)
                all.append(contentsOf: piece)
            }
            return all
        }

        private func hold(_ count: Int) throws(ChatError) {
            let hasRoom = room.taken.withLock { taken in
                guard count <= room.bytes - taken.bytes else { return false }
                taken.bytes += count
                return true
            }
            guard hasRoom else { throw ChatRoom.tooMuch }
            held.withLock { $0 += count }
        }
    }
}
