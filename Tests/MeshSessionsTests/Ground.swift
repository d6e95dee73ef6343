import MeshActors
import MeshChat
import MeshCore
import MeshSessions
import MeshTestKit

/// A session that somebody has made.
func madeSession(_ id: String = "trip", model: String? = nil) throws -> JournalGround<Session> {
    var ground = JournalGround<Session>(key: "acme/laptop-7/\(id)")
    try ground.perform(Session.Create(model: model))
    return ground
}

func run(_ number: UInt64) -> UniqueID { UniqueID(high: number, low: 0x8000_0000_0000_0000) }

extension JournalGround<Session> {
    /// A question that begins the run `number`.
    @discardableResult
    mutating func ask(_ text: String, _ number: UInt64) throws -> UInt64 {
        try perform(Session.AddMessage(role: .user, text: text, run: run(number), isRedacted: true))
    }

    /// Its answer.
    @discardableResult
    mutating func answer(_ text: String, _ number: UInt64) throws -> UInt64 {
        try perform(
            Session.AppendAnswer(
                run: run(number),
                text: text,
                model: "tiny",
                tokens: MessageTokens(input: 3, output: 5),
                isRedacted: true
            )
        )
    }
}
