internal import MeshAPI
internal import Glibc
internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshJSON

/// A chat: lines in, answers out, until somebody leaves.
struct ChatRun {
    private let session: GatewaySession
    private let ground: CommandGround
    private let name: String
    private let file: HistoryFile?
    private var draft: QuestionDraft
    private var input: ChatInput
    /// How the last question ended.
    private var code = ExitCode.success
    private var hasAsked = false

    init(_ session: GatewaySession, _ ground: CommandGround, _ draft: QuestionDraft, name: String, keepsHistory: Bool) {
        self.session = session
        self.ground = ground
        self.draft = draft
        self.name = name
        file = keepsHistory && ground.input.isTerminal ? HistoryFile(ground) : nil
        input = ChatInput(ground, session.screen, history: file?.read(ground) ?? LineHistory())
    }

    private var screen: Screen { session.screen }
    private var conversation: String { draft.session ?? "" }
    private var isTalkative: Bool { input.isEdited && screen.form == .people }

    /// Runs it; returns with which code the program ends.
    mutating func run() async throws -> ExitCode {
        _ = ground.takeSignals()
        if isTalkative {
            screen.aside("session \(conversation) at \(session.gateway.place); /help says what else there is")
        }
        while true {
            switch try input.next() {
            case .text(let line):
                if input.isEdited, let last = input.history.lines.last, last == line { file?.append(line) }
                if let code = try await take(ChatOrder(line)) { return code }
            case .end:
                if isTalkative, hasAsked { screen.aside("to go on: synesis chat --session \(conversation)") }
                return input.isEdited ? .success : code
            case .signal(let signal): return ExitCode(rawValue: UInt8(128 + signal))
            case .unreadable: complain("a line is no UTF-8 text, or has more than a question may have")
            }
        }
    }

    /// Does what a line asks for; the code with which the program ends, nil where it goes on.
    private mutating func take(_ order: ChatOrder) async throws -> ExitCode? {
        switch order {
        case .nothing: break
        case .question(let text): return try await ask(text)
        case .help: for line in ChatOrder.explanation { screen.note(line) }
        case .quit: return input.isEdited ? .success : code
        case .model(nil): screen.note("model \(draft.model ?? "auto")")
        case .model(let name?): draft.model = name == "auto" ? nil : name
        case .session(nil): try await tellConversation()
        case .session(let id?):
            guard (try? QuestionOptions.sessionSyntax.parse(id)) != nil else {
                complain("expected \(QuestionOptions.sessionSyntax.expected)")
                break
            }
            draft.session = id
        case .clear: try await clear()
        case .unknown(let word): complain("\(word.printable) is nothing that is known here: /help")
        }
        return nil
    }

    private mutating func ask(_ text: String) async throws -> ExitCode? {
        draft.query = text
        draft.id = QuestionOptions.randomName("chat", ground)
        do {
            let request = try draft.request()
            hasAsked = true
            let mode = input.isEdited ? TerminalMode(STDIN_FILENO) : nil
            mode?.set(.listening)
            guard let interrupted = try await AnswerRun.run(request, session, ground, name: name) else {
                code = .success
                return nil
            }
            guard interrupted == .interrupted, input.isEdited else { return interrupted }
            if isTalkative { screen.aside("(stopped)") }
        } catch let fault as QuestionFault {
            complain(fault.message)
            code = .usage
        } catch let failure as GatewayFailure {
            complain(failure.message)
            code = failure.code.exit
        }
        return nil
    }

    private mutating func clear() async throws {
        let path = APIPath.session(conversation) + "/clear"
        do throws(GatewayFailure) {
            _ = try await session.gateway.exchange(.post, path, .bytes(Array("{}".utf8)))
            if screen.form == .people { screen.note("what was said is forgotten") }
        } catch {
            complain(error.message)
        }
    }

    private mutating func tellConversation() async throws {
        do throws(GatewayFailure) {
            let head = try await session.gateway.exchange(.get, APIPath.session(conversation)).json
            let count = Words.count(Int(head["message_count"]?.integer ?? 0), "message")
            screen.note("session \(conversation), \(count): \((head["title"]?.text ?? "no title yet").printable)")
        } catch {
            guard error.code == .refused else { return complain(error.message) }
            screen.note("session \(conversation), which has not begun")
        }
    }

    private func complain(_ message: String) {
        screen.note("\(name): error: \(message.printable)")
    }
}
