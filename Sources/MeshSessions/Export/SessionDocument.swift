internal import MeshChat
internal import MeshCore
package import MeshJSON

/// A session as a document: what its owner takes along, and what the API shows.
package enum SessionDocument {
    /// The format's name, by which a reader knows the document.
    package static let format = "synesis-session"

    /// The format's version: it grows by members, and changes its number only where a member's meaning does.
    package static let version: Int64 = 1

    /// A session with all of its messages, or with some: ``SessionHead/messages`` says how many there are.
    package static func json(_ head: SessionHead, _ messages: [SessionMessage]) -> JSONValue {
        var object = JSONObject()
        object["format"] = .string(format)
        object["version"] = .integer(version)
        for member in summary(head).members { object[member.key] = member.value }
        object["context"] = head.context.json
        object["messages"] = .array(messages.map(json))
        return .object(object)
    }

    /// What a list says of a session.
    package static func json(_ entry: SessionIndex.Entry) -> JSONValue {
        var object = JSONObject()
        object["id"] = .string(entry.id.text)
        object["title"] = entry.title.map { .string($0) } ?? .null
        object["created"] = .string(entry.created.description)
        object["updated"] = .string(entry.updated.description)
        object["message_count"] = .integer(Int64(clamping: entry.messages))
        return .object(object)
    }

    /// A message.
    package static func json(_ message: SessionMessage) -> JSONValue {
        var object = JSONObject()
        object["number"] = .integer(Int64(clamping: message.number))
        object["role"] = .string(message.role.rawValue)
        object["content"] = .string(message.text)
        object["created"] = .string(message.created.description)
        object["model"] = message.model.map { .string($0) }
        if let tokens = message.tokens {
            object["usage"] = [
                "input_tokens": .integer(Int64(clamping: tokens.input)),
                "output_tokens": .integer(Int64(clamping: tokens.output)),
            ]
        }
        object["run"] = message.run.map { .string($0.description) }
        if message.isCut { object["truncated"] = true }
        object["redacted"] = .bool(message.isRedacted)
        return .object(object)
    }

    private static func summary(_ head: SessionHead) -> JSONObject {
        var object = JSONObject()
        object["id"] = .string(SessionKey(head.key)?.id.text ?? head.key)
        object["title"] = head.title.map { .string($0) } ?? .null
        object["created"] = .string(head.created.description)
        object["updated"] = .string(head.updated.description)
        object["model_preference"] = head.model.map { .string($0) } ?? .null
        object["message_count"] = .integer(Int64(clamping: head.messages))
        object["forgotten_messages"] = .integer(Int64(clamping: head.forgotten))
        return object
    }
}
