internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshJSON

/// `synesis sessions` and what stands below it.
enum SessionsCommand {
    private static let id = Argument<String>("id", as: QuestionOptions.sessionSyntax, "The session's name.")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "sessions",
            summary: "List conversations, show one, take one along or away.",
            discussion: """
                A session is a conversation that a node keeps: `synesis ask --session ID` and `synesis chat` go on \
                with it. Asked of an edge, the words are kept by its hub as they left: with placeholders, which the \
                edge puts back before it shows them.
                """,
            subcommands: [
                Command(
                    "list",
                    summary: "List the sessions, the newest first; also without the word.",
                    examples: [
                        "synesis sessions list": "All of them.",
                        "synesis sessions list --quiet": "Names alone, one on a line.",
                    ],
                    exitCodes: SynesisExit.gatewayMeanings,
                    run: { try await list($0, ground) }
                ),
                Command(
                    "show",
                    summary: "Print a conversation.",
                    parameters: [id],
                    examples: ["synesis sessions show trip | less": "From its beginning."],
                    exitCodes: SynesisExit.gatewayMeanings,
                    run: { try await show($0, ground) }
                ),
                Command(
                    "delete",
                    summary: "Delete a conversation for good.",
                    parameters: [id],
                    examples: ["synesis sessions delete trip": "It cannot be got back; export it first."],
                    exitCodes: SynesisExit.gatewayMeanings,
                    run: { invocation in
                        try await change(invocation, ground, .delete, "", done: "deleted")
                    }
                ),
                Command(
                    "clear",
                    summary: "Forget what was said in a conversation, and keep its context.",
                    parameters: [id],
                    examples: ["synesis sessions clear trip": "The next question begins anew."],
                    exitCodes: SynesisExit.gatewayMeanings,
                    run: { invocation in
                        try await change(invocation, ground, .post, "/clear", done: "cleared")
                    }
                ),
                Command(
                    "export",
                    summary: "Print a whole conversation as one JSON document.",
                    parameters: [id],
                    examples: ["synesis sessions export trip > trip.json": "With context, models and tokens."],
                    exitCodes: SynesisExit.gatewayMeanings,
                    run: { try await export($0, ground) }
                ),
            ],
            examples: [
                "synesis sessions": "All of them.",
                "synesis sessions show trip": "One of them.",
            ],
            exitCodes: SynesisExit.gatewayMeanings,
            run: { try await list($0, ground) }
        )
    }

    // MARK: List

    private static func list(_ invocation: Invocation, _ ground: CommandGround) async throws -> ExitCode {
        try await GatewaySession.run(invocation, ground) { session in
            session.tellPlace()
            let (sessions, isWhole) = try await fetch(session.gateway)
            let screen = session.screen
            switch screen.form {
            case .json: try screen.json(["sessions": .array(sessions)])
            case .quiet: try screen.lines(sessions.compactMap { $0["id"]?.text?.printable })
            case .people where sessions.isEmpty:
                screen.nothing("No sessions. One begins with the first question: synesis ask --session NAME")
            case .people:
                try screen.lines(table(sessions).layout(width: screen.width).lines(inColour: screen.isColoured))
            }
            if !isWhole { screen.note("synesis sessions: warning: there are more sessions than are listed") }
            return .success
        }
    }

    private static func fetch(_ gateway: GatewayClient) async throws -> (sessions: [JSONValue], isWhole: Bool) {
        var sessions: [JSONValue] = []
        var after = ""
        for _ in 0..<Limits.Commands.maximumPages {
            let json = try await gateway.exchange(.get, APIPath.sessions + after).json
            guard let page = json["sessions"]?.array else {
                throw GatewayFailure(.notAGateway, "what answers at \(gateway.place) lists no sessions")
            }
            sessions += page
            guard let next = json["next"]?.text else { return (sessions, true) }
            after = "?after=\(APIPath.percentEncoded(next))"
        }
        return (sessions, false)
    }

    private static func table(_ sessions: [JSONValue]) -> ScreenTable {
        var table = ScreenTable([
            .init("SESSION", least: 8), .init("UPDATED", rank: 2), .init("MESSAGES", isRight: true, rank: 1),
            .init("TITLE", least: 12),
        ])
        for session in sessions {
            table.append([
                Cell(session["id"]?.text ?? "?"), Cell(session["updated"]?.text.map(Words.moment) ?? "-", .dim),
                Cell(session["message_count"]?.integer.map { "\($0)" } ?? "-"),
                Cell(session["title"]?.text ?? "-"),
            ])
        }
        return table
    }

    // MARK: One

    private static func show(_ invocation: Invocation, _ ground: CommandGround) async throws -> ExitCode {
        let id = invocation[id]
        return try await GatewaySession.run(invocation, ground) { session in
            session.tellPlace()
            var (head, messages) = (JSONObject(), [JSONValue]())
            var after = ""
            for _ in 0..<Limits.Commands.maximumPages {
                let json = try await session.gateway.exchange(.get, APIPath.session(id) + after).json
                head = json.object ?? head
                messages += json["messages"]?.array ?? []
                guard let next = json["next"]?.integer else { break }
                after = "?after=\(next)"
            }
            head["messages"] = .array(messages)
            head["next"] = nil
            if session.screen.form == .json {
                try session.screen.json(.object(head))
            } else {
                try session.screen.text(transcript(.object(head), messages, session.screen))
            }
            return .success
        }
    }

    private static func transcript(_ head: JSONValue, _ messages: [JSONValue], _ screen: Screen) -> String {
        var text = ""
        if screen.form == .people {
            let title = (head["title"]?.text ?? head["id"]?.text ?? "a session").printable
            let count = Words.count(messages.count, "message")
            text += screen.paint(title, .bold) + "  " + screen.paint(count, .dim) + "\n"
            if let forgotten = head["forgotten_messages"]?.integer, forgotten > 0 {
                text += screen.paint("\(forgotten) older ones are forgotten", .dim) + "\n"
            }
        }
        for message in messages {
            let isModel = message["role"]?.text == "assistant"
            let name = isModel ? message["model"]?.text ?? "model" : "you"
            let moment = message["created"]?.text.map { "  " + Words.moment($0) } ?? ""
            text += (text.isEmpty ? "" : "\n") + screen.paint(name.printable, isModel ? .green : .bold)
            text += screen.paint(moment.printable, .dim) + "\n"
            let content = message["content"]?.text ?? ""
            text += (screen.isInteractive ? content.printableLines : content) + "\n"
            if message["truncated"]?.bool == true { text += screen.paint("(cut)", .dim) + "\n" }
        }
        return text
    }

    private static func change(
        _ invocation: Invocation,
        _ ground: CommandGround,
        _ method: HTTPMethod,
        _ verb: String,
        done: String
    ) async throws -> ExitCode {
        let id = invocation[id]
        return try await GatewaySession.run(invocation, ground) { session in
            session.tellPlace()
            let body: ClientRequest.Body = method == .post ? .bytes(Array("{}".utf8)) : .empty
            let json = try await session.gateway.exchange(method, APIPath.session(id) + verb, body).json
            switch session.screen.form {
            case .json: try session.screen.json(json == .null ? ["id": .string(id), "state": .string(done)] : json)
            case .people: try session.screen.line("\(id) is \(done)")
            case .quiet: break
            }
            return .success
        }
    }

    private static func export(_ invocation: Invocation, _ ground: CommandGround) async throws -> ExitCode {
        let id = invocation[id]
        return try await GatewaySession.run(invocation, ground) { session in
            session.tellPlace()
            let path = APIPath.session(id) + "/export"
            let document = try await session.gateway.exchange(.get, path, within: Limits.Commands.streamSilence).json
            try session.screen.json(document)
            return .success
        }
    }
}
