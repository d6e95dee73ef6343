internal import MeshCommandLine
internal import MeshCore
internal import MeshEscalation
internal import MeshJSON

/// `synesis ask`.
enum AskCommand {
    private static let question = Argument<[String]>(
        "question",
        "What is asked, in one word or many; '-', or nothing in a pipe, reads it from standard input."
    )
    private static let id = Option<String?>(
        "request-id",
        valueName: "ID",
        "Your own name for the question: asked again with it, it is answered once (default: a new one)."
    )
    private static let isLater = Flag(
        "async",
        "Hand the question in and print its id: an edge without its hub asks as soon as it can."
    )
    private static let saysFigures = Flag(
        "figures",
        "Say model, tokens, cost and what was replaced on standard error although that is no terminal."
    )
    private static let fetched = Option<String?>(
        "fetch",
        valueName: "ID",
        "Print the answer to a question that was handed in, instead of asking; again within five minutes, then no more."
    )

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "ask",
            summary: "Ask a model, and print its answer word by word.",
            discussion: """
                Asked of an edge, personal data is replaced by placeholders before anything leaves this machine, and \
                put back into the answer; `synesis redact` shows what would leave. Nothing promises that all of it is \
                found. Asked of a hub, the question reaches the model as it is: where no gateway is named, a hub is \
                asked only if no edge runs here, and after you have said yes, or --unredacted.

                The answer goes to standard output as it comes. On a terminal a line on standard error follows: who \
                has answered, tokens, cost, and how many pieces were replaced and restored. --json prints nothing \
                until the end, and then one line: the answer as `content`, and all that the node says of it.

                Ctrl-C ends the answer, there and here; what was used until then counts.

                What goes along: --framing is what you are after, --knowledge what the model should know, \
                --constraint what the answer must keep to; --context has all three in one file, and what the others \
                say is added to it.
                """,
            parameters: [question] + QuestionOptions.all + [id, isLater, saysFigures, fetched],
            examples: [
                "synesis ask What is a monad?": "The words need no quotes where your shell leaves them alone.",
                "git diff | synesis ask --knowledge - 'What does this change?'": "With what another program writes.",
                "synesis ask --session trip --knowledge plan.md 'When do we leave?'": "In a conversation.",
                "synesis ask - < question.txt > answer.txt": "From a file, into a file.",
                "synesis ask --json 'Say hello.' | jq .usage": "For a program.",
                "synesis ask --async 'Say hello.'": "Later, where there is no hub now; prints an id.",
                "until synesis ask --fetch ask-7kq2mzp4xw9d; do sleep 5; done": "Its answer, once there is one.",
            ],
            exitCodes: SynesisExit.questionMeanings
        ) { invocation in
            if let id = invocation[fetched] { return try await fetch(id, invocation, ground) }
            let request = try request(invocation, ground)
            let need = QuestionOptions.need(invocation)
            return try await GatewaySession.run(invocation, ground, needs: need) { session in
                session.tellPlace(ofQuestion: true)
                if invocation[isLater] {
                    return try show(try await session.gateway.handIn(request), request.id, invocation, session.screen)
                }
                let code = try await AnswerRun.run(
                    request,
                    session,
                    ground,
                    name: invocation.commandName,
                    saysFigures: invocation[saysFigures]
                )
                return code ?? .success
            }
        }
    }

    private static func request(_ invocation: Invocation, _ ground: CommandGround) throws -> EscalationRequest {
        let words = invocation[question]
        let isRead = words.isEmpty || words == ["-"]
        if isRead, invocation[QuestionOptions.knowledge].contains("-") {
            throw invocation.usageError("standard input cannot be both the question and knowledge: say the question")
        }
        if words.isEmpty, ground.input.isTerminal {
            throw invocation.usageError("nothing is asked: say the question, '-' to type it, or try `synesis chat`")
        }
        var draft = try QuestionOptions.draft(invocation, ground)
        if let id = invocation[id] { draft.id = id }
        if isRead {
            guard let bytes = try ground.input.all(upTo: Limits.Escalation.maximumQueryBytes + 1) else {
                let limit = Words.bytes(UInt64(Limits.Escalation.maximumQueryBytes))
                throw invocation.usageError("the question on standard input has more than \(limit)")
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw invocation.usageError("the question on standard input is no UTF-8 text")
            }
            draft.query = String(text.reversed().drop { $0.isNewline }.reversed())
        } else {
            draft.query = words.joined(separator: " ")
        }
        do throws(QuestionFault) { return try draft.request() } catch { throw invocation.usageError(error.message) }
    }

    private static func fetch(
        _ id: String,
        _ invocation: Invocation,
        _ ground: CommandGround
    ) async throws -> ExitCode {
        guard invocation[question].isEmpty, !invocation[isLater] else {
            throw invocation.usageError("--fetch asks nothing: it stands without a question and without --async")
        }
        return try await GatewaySession.run(invocation, ground) { session in
            session.tellPlace()
            let standing = try await session.gateway.fetch(id)
            let code = try show(standing, id, invocation, session.screen)
            guard case .pending = standing else { return code }
            return SynesisExit.notYet
        }
    }

    private static func show(
        _ standing: GatewayClient.QuestionStanding,
        _ id: String,
        _ invocation: Invocation,
        _ screen: Screen
    ) throws -> ExitCode {
        switch standing {
        case .answered(let json):
            var printer = AnswerPrinter(screen, name: invocation.commandName, saysFigures: invocation[saysFigures])
            try printer.take(whole: json)
        case .pending(let json) where screen.form == .json: try screen.jsonLine(json)
        case .pending(let json) where invocation[fetched] != nil:
            let state = (json["state"]?.text ?? "waiting").printable
            if screen.form == .people { screen.note("\(invocation.commandName): not answered yet: \(state)") }
        case .pending:
            try screen.line(id)
            if screen.isWatched, screen.form == .people { screen.aside("its answer: synesis ask --fetch \(id)") }
        }
        return .success
    }
}
