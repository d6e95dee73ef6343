internal import MeshCore
package import MeshEscalation
internal import MeshJSON
internal import MeshSessions

/// A question as a command line says it, before it is known whether it can be asked.
package struct QuestionDraft: Sendable {
    /// What is asked.
    package var query = ""
    /// By which the asker knows it.
    package var id = ""
    /// The conversation that it belongs to.
    package var session: String?
    /// The model that is wanted.
    package var model: String?
    /// The most tokens of the answer.
    package var maximumTokens = Limits.Commands.usualTokens
    /// A document with a context.
    package var context: (name: String, bytes: [UInt8])?
    /// What the asker is after.
    package var framing: String?
    /// What the model should know.
    package var knowledge: [(name: String, bytes: [UInt8])] = []
    /// What the answer must keep to.
    package var constraints: [String] = []

    /// An empty one.
    package init() {}

    /// The question, or a sentence that names what is wrong with it.
    package func request() throws(QuestionFault) -> EscalationRequest {
        var context =
            try self.context.map { (file) throws(QuestionFault) in
                try Self.context(file.bytes, of: file.name)
            } ?? SessionContext()
        if let framing { context.framing = framing }
        for piece in knowledge {
            guard let text = String(validating: piece.bytes, as: UTF8.self) else {
                throw QuestionFault("'\(piece.name)' (--knowledge) is no UTF-8 text")
            }
            context.knowledge.append(KnowledgePiece(name: piece.name, text: text))
        }
        context.constraints += constraints
        var object = JSONObject()
        object["request_id"] = .string(id)
        object["session_id"] = session.map { .string($0) }
        object["query"] = .string(query)
        if !context.isEmpty { object["context"] = context.json }
        object["model_preference"] = model.map { .string($0) }
        object["max_tokens"] = .integer(Int64(maximumTokens))
        do throws(EscalationFailure) {
            return try EscalationRequest.read(JSONWriter.bytes(of: .object(object)))
        } catch {
            throw QuestionFault(error.message)
        }
    }

    private static func context(_ bytes: [UInt8], of name: String) throws(QuestionFault) -> SessionContext {
        let document: JSONValue
        do throws(JSONError) { document = try JSONReader.read(bytes) } catch {
            throw QuestionFault("'\(name)' (--context) is no JSON: \(error.message)")
        }
        do throws(JSONFieldError) { return try SessionContext(json: JSONField(document)) } catch {
            throw QuestionFault("'\(name)' (--context): \(error)")
        }
    }
}

/// Why a question cannot be asked, in a sentence.
package struct QuestionFault: Error, Hashable, Sendable {
    /// The sentence.
    package let message: String

    init(_ message: String) { self.message = message }
}
