internal import MeshCommandLine
internal import MeshCore
internal import MeshEscalation
internal import MeshSessions

/// What a question takes on a command line.
enum QuestionOptions {
    static let model = Option<String?>(
        "model",
        valueName: "NAME",
        "The model that is to answer, as `synesis models` names it (default: the session's, or the hub's choice)."
    )
    static let session = Option<String?>(
        "session",
        valueName: "ID",
        as: sessionSyntax,
        "The conversation that the question belongs to; it begins where there is none. Both are kept in it."
    )
    static let context = Option<String?>(
        "context",
        as: .file,
        "A JSON file with any of pathos_framing, local_knowledge and constraints."
    )
    static let knowledge = Option<[String]>(
        "knowledge",
        as: .file,
        "A text that the model should know, called by its file's name; '-' is standard input."
    )
    static let framing = Option<String?>(
        "framing",
        "What you are after, in a sentence; goes before that of --context."
    )
    static let constraint = Option<[String]>("constraint", "What the answer must keep to.")
    static let tokens = Option<Int>(
        "max-tokens",
        as: .within(1...Limits.Escalation.maximumTokens),
        default: Limits.Commands.usualTokens,
        "The most tokens of the answer."
    )

    static let isUnredacted = Flag(
        "unredacted",
        "Where no edge runs on this machine, ask its hub, which gets the question as it is."
    )

    static let all: [any ParameterKey] = [
        model, session, context, knowledge, framing, constraint, tokens, isUnredacted,
    ]

    /// Whom a question needs.
    static func need(_ invocation: Invocation) -> GatewaySession.Need {
        .question(isUnredactedAllowed: invocation[isUnredacted])
    }

    /// The name of a conversation.
    static var sessionSyntax: ValueSyntax<String> {
        let expected = "the name of a session (lowercase letters, digits, '-', '_', '.')"
        return ValueSyntax(valueName: "ID", expected: expected) { (try? SessionID($0)) == nil ? nil : $0 }
    }

    /// What of a question the options say; the question itself is left out.
    static func draft(_ invocation: Invocation, _ ground: CommandGround) throws -> QuestionDraft {
        var draft = QuestionDraft()
        draft.model = invocation[model]
        draft.session = invocation[session]
        draft.maximumTokens = invocation[tokens]
        draft.framing = invocation[framing]
        draft.constraints = invocation[constraint]
        if let path = invocation[context] {
            draft.context = (path, try read(path, "context", Limits.Commands.maximumQuestionBytes, invocation, ground))
        }
        for path in invocation[knowledge] {
            let limit = Limits.Sessions.maximumKnowledgeBytes
            let name = path == "-" ? "stdin" : String(path.split(separator: "/").last ?? "file")
            draft.knowledge.append((name, try read(path, "knowledge", limit, invocation, ground)))
        }
        draft.id = randomName("ask", ground)
        return draft
    }

    /// A name that nobody has given to anything else.
    static func randomName(_ prefix: String, _ ground: CommandGround) -> String {
        let digits = Array("abcdefghjkmnpqrstuvwxyz23456789".utf8)
        let name = ground.freshBytes(12).map { digits[Int($0) % digits.count] }
        return prefix + "-" + String(decoding: name, as: UTF8.self)
    }

    private static func read(
        _ path: String,
        _ option: String,
        _ limit: Int,
        _ invocation: Invocation,
        _ ground: CommandGround
    ) throws -> [UInt8] {
        let content = path == "-" ? try ground.input.all(upTo: limit) : ground.file(path, limit)
        guard let content, content.count <= limit else {
            throw invocation.usageError(
                "'\(path)' (--\(option)) cannot be read, or has more than \(Words.bytes(UInt64(limit)))"
            )
        }
        return content
    }
}
