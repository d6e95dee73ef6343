internal import MeshCommandLine

/// `synesis chat`.
enum ChatCommand {
    private static let forgets = Flag("no-history", "Neither read nor keep the lines that were typed.")

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "chat",
            summary: "Talk with a model, line by line.",
            discussion: """
                Each line is a question of one conversation, which the node keeps: --session goes on with an earlier \
                one, and without it a new one begins, whose name is said. /help lists what else can be typed: /model, \
                /session, /clear, /quit.

                Lines are edited as in a shell: arrows, Home and End, Ctrl-A, E, K, U, W and Y, words with Alt-B and \
                Alt-F, earlier lines with up and down; Alt-Enter begins another line of the same question, and a \
                pasted text is one. Ctrl-C ends an answer, or gives up what was typed; at an empty prompt it leaves, \
                as Ctrl-D does. Ctrl-Z suspends.

                What was typed is remembered in $XDG_STATE_HOME/synesis/history (~/.local/state), readable by you \
                alone, 1000 lines at most; --no-history leaves it alone.

                Where no gateway is named, a hub is asked only if no edge runs here, and after you have said yes, or \
                --unredacted: it gets what you type as it is.

                Where standard input is no terminal its lines are asked one after the other, and the code of exit is \
                that of the last.
                """,
            parameters: QuestionOptions.all + [forgets],
            examples: [
                "synesis chat": "A new conversation.",
                "synesis chat --session trip --model tiny": "An earlier one, with another model.",
                "synesis chat --json < questions.txt > answers.jsonl": "A line of JSON for each question.",
            ],
            exitCodes: SynesisExit.questionMeanings
        ) { invocation in
            var draft = try QuestionOptions.draft(invocation, ground)
            draft.session = draft.session ?? QuestionOptions.randomName("chat", ground)
            // Wrong options are told before anything is typed.
            draft.query = "?"
            do throws(QuestionFault) { _ = try draft.request() } catch { throw invocation.usageError(error.message) }
            let checked = draft
            let keepsHistory = !invocation[forgets]
            let need = QuestionOptions.need(invocation)
            return try await GatewaySession.run(invocation, ground, needs: need) { session in
                session.tellPlace(ofQuestion: true)
                let name = invocation.commandName
                var run = ChatRun(session, ground, checked, name: name, keepsHistory: keepsHistory)
                return try await run.run()
            }
        }
    }
}
