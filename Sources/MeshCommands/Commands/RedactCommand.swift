internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON
internal import MeshPrivacy

/// `synesis redact`.
enum RedactCommand {
    private static let file = Argument<String?>(
        "file",
        as: .file,
        "The text; '-', or nothing in a pipe, reads standard input."
    )
    private static let isRequest = Flag(
        "request",
        "The file is a request in JSON: one of /v1/escalate, or a chat for OpenAI or Anthropic."
    )
    private static let shows = Flag("show", "Also list each placeholder with what it stands for.")
    private static let blocked = Option<[PersonalKind]>(
        "block",
        valueName: "KIND",
        "End with code 6, and print nothing, where something of this kind is found."
    )
    private static let passed = Option<[PersonalKind]>("pass", valueName: "KIND", "Leave this kind as it is.")
    private static let term = Option<[String]>("term", "A word or name of your own that must not leave.")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "redact",
            summary: "Show what would leave this machine.",
            discussion: """
                Does to a text what an edge does before it asks its hub, and asks nobody: it needs no node and no \
                network. The text with its placeholders goes to standard output, and a table of what was replaced to \
                standard error; so does, with --show, what each placeholder stands for.

                Placeholders differ from run to run, as they do from conversation to conversation.

                Rules find what looks like personal data: addresses, numbers with check digits, names beside words \
                that announce them, names of a list, your own terms. Nothing promises that all of it is found.
                """,
            parameters: [file, isRequest, shows, blocked, passed, term],
            examples: [
                "synesis redact letter.txt": "What of a letter would leave.",
                "synesis redact --show letter.txt > /dev/null": "Only what was found.",
                "git diff | synesis redact --block secret > /dev/null || echo 'not like this'": "As a gate.",
                "synesis redact --request --json chat.json": "All texts of a request, for a program.",
            ],
            exitCodes: [SynesisExit.unwell: "Something is there that --block names."]
        ) { invocation in
            let screen = Screen(invocation, ground)
            let bytes = try read(invocation, ground)
            var redaction = LocalRedaction(
                policy: policy(invocation),
                terms: try terms(invocation),
                random: ground.freshBytes(TokenKey.byteCount)
            )
            let result: JSONValue
            do {
                result = try redact(bytes, &redaction, invocation)
            } catch let error as PrivacyError where error.code == .blocked {
                screen.note("\(invocation.commandName): \(error.message)")
                return SynesisExit.unwell
            }
            try write(result, redaction, invocation, screen)
            return .success
        }
    }

    private static func read(_ invocation: Invocation, _ ground: CommandGround) throws -> [UInt8] {
        let path = invocation[file]
        if path == nil, ground.input.isTerminal {
            throw invocation.usageError("nothing is there to redact: name a file, or '-' to type it")
        }
        let name = path ?? "-"
        let limit = Limits.Commands.maximumRedactBytes
        let content = name == "-" ? try ground.input.all(upTo: limit) : ground.file(name, limit)
        guard let content, content.count <= limit else {
            throw invocation.usageError("'\(name)' cannot be read, or has more than \(Words.bytes(UInt64(limit)))")
        }
        return content
    }

    private static func policy(_ invocation: Invocation) -> PrivacyPolicy {
        var policy = PrivacyPolicy()
        for kind in invocation[passed] { policy[kind] = .pass }
        for kind in invocation[blocked] { policy[kind] = .block }
        return policy
    }

    private static func terms(_ invocation: Invocation) throws -> OwnTerms {
        do throws(PrivacyError) { return try OwnTerms(invocation[term].map { OwnTerms.Term($0) }) } catch {
            throw invocation.usageError("--term: \(error.message)")
        }
    }

    private static func redact(
        _ bytes: [UInt8],
        _ redaction: inout LocalRedaction,
        _ invocation: Invocation
    ) throws -> JSONValue {
        if invocation[isRequest] {
            do { return try redaction.request(bytes) } catch let fault as QuestionFault {
                throw invocation.usageError(fault.message)
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw invocation.usageError("what is to be redacted is no UTF-8 text")
        }
        return .string(try redaction.text(text))
    }

    private static func write(
        _ result: JSONValue,
        _ redaction: LocalRedaction,
        _ invocation: Invocation,
        _ screen: Screen
    ) throws {
        if screen.form == .json {
            return try screen.json(document(result, redaction, showsPairs: invocation[shows]))
        }
        if let text = result.text {
            try screen.text(screen.isInteractive ? text.printableLines : text)
            if screen.isInteractive, !text.hasSuffix("\n") { try screen.line() }
        } else {
            try screen.json(result)
        }
        guard screen.form == .people else { return }
        for line in table(redaction, showsPairs: invocation[shows]) { screen.note(line) }
        if redaction.unsearched > 0 {
            screen.note("\(Words.count(redaction.unsearched, "picture or sealed text")) cannot be searched")
        }
        if !redaction.dropped.isEmpty {
            screen.note("Not passed on: \(redaction.dropped.joined(separator: ", ").printable)")
        }
        screen.aside("Rules find what looks like personal data; nothing promises that this is all of it.")
    }

    private static func table(_ redaction: LocalRedaction, showsPairs: Bool) -> [String] {
        guard redaction.total > 0 else { return ["Nothing was found to replace."] }
        if showsPairs {
            var table = ScreenTable([.init("KIND"), .init("PLACEHOLDER"), .init("STANDS FOR")])
            for pair in redaction.pairs {
                table.append([Cell(pair.kind.rawValue), Cell(pair.placeholder.text), Cell(pair.original)])
            }
            return table.layout(width: nil).lines(inColour: false)
        }
        var table = ScreenTable([.init("KIND"), .init("REPLACED", isRight: true)])
        for (kind, count) in sorted(redaction.counts) { table.append([Cell(kind.rawValue), Cell("\(count)")]) }
        return table.layout(width: nil).lines(inColour: false)
    }

    private static func document(_ result: JSONValue, _ redaction: LocalRedaction, showsPairs: Bool) -> JSONValue {
        var replaced = JSONObject()
        for (kind, count) in sorted(redaction.counts) { replaced[kind.rawValue] = .integer(Int64(count)) }
        var object = JSONObject()
        object[result.text == nil ? "request" : "text"] = result
        object["replaced"] = .object(replaced)
        object["unsearched"] = .integer(Int64(redaction.unsearched))
        object["complete"] = false
        if !redaction.dropped.isEmpty { object["dropped"] = .array(redaction.dropped.map { .string($0) }) }
        if showsPairs {
            object["placeholders"] = .array(
                redaction.pairs.map { pair in
                    [
                        "placeholder": .string(pair.placeholder.text), "kind": .string(pair.kind.rawValue),
                        "original": .string(pair.original),
                    ]
                }
            )
        }
        return .object(object)
    }

    private static func sorted(_ counts: [PersonalKind: Int]) -> [(kind: PersonalKind, count: Int)] {
        PersonalKind.allCases.compactMap { kind in counts[kind].map { (kind, $0) } }
    }
}

extension PersonalKind: CommandLineValue {}
