import MeshCommandLine
import Testing

struct ProgramTests {
    @Test
    func `a thrown error is told in one line of its own words`() async {
        let transcript = await Transcript.of(Garden.program, "seeds sort")
        #expect(transcript.error == "garden: error: the ground is frozen\\u{1B}[31m\n")
        #expect(transcript.output.isEmpty)
        #expect(transcript.code == .failure)
    }

    @Test
    func `an error without words of its own is told by its type alone`() async {
        let transcript = await Transcript.of(Garden.program, "weather")
        #expect(transcript.error == "garden: error: unexpected error of type Undescribed\n")
        #expect(transcript.code == .failure)
    }

    @Test
    func `a cancelled command says nothing and is interrupted`() async {
        #expect(await Transcript.of(Garden.program, "secret") == Transcript(code: .interrupted))
    }

    @Test
    func `cancelling the task cancels the command`() async {
        let command = Command("wait", summary: "Wait.") { _ in
            while !Task.isCancelled { await Task.yield() }
            throw CancellationError()
        }
        let program = Program(command, version: "1")
        let code = await withTaskGroup(of: ExitCode?.self) { group in
            group.addTask { await Transcript.of(program, "").code }
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(code == .interrupted)
    }

    @Test
    func `a pipe that nobody reads ends a command quietly`() async {
        let code = await run(outputFailing: .closed) { error in #expect(error.isEmpty) }
        #expect(code == .success)
    }

    @Test
    func `a full disk is a failure`() async {
        let code = await run(outputFailing: .failed(errno: 28)) { error in
            #expect(error == "garden: error: cannot write to standard output: No space left on device\n")
        }
        #expect(code == .failure)
    }

    private func run(outputFailing failure: TerminalError, check: @escaping @Sendable (String) -> Void) async
        -> ExitCode
    {
        let terminal = Terminal(
            isInteractive: false,
            width: 80,
            output: { _ throws(TerminalError) in throw failure },
            error: check
        )
        return await Garden.program.run(arguments: ["--help"], terminal: terminal)
    }
}
