import MeshCommandLine
import Synchronization

/// What one run of a program wrote, and how it ended.
struct Transcript: Equatable {
    var output = ""
    var error = ""
    var code: ExitCode?

    /// Runs a program on a captured terminal; `words` are parted by blanks.
    static func of(_ program: Program, _ words: String, width: Int = 80) async -> Transcript {
        await of(program, arguments: words.split(separator: " ").map(String.init), width: width)
    }

    static func of(_ program: Program, arguments: [String], width: Int = 80) async -> Transcript {
        let recorder = Recorder()
        let terminal = Terminal(
            isInteractive: false,
            width: width,
            output: { text in recorder.transcript.withLock { $0.output += text } },
            error: { text in recorder.transcript.withLock { $0.error += text } }
        )
        let code = await program.run(arguments: arguments, terminal: terminal)
        var transcript = recorder.transcript.withLock { $0 }
        transcript.code = code
        return transcript
    }

    private final class Recorder: Sendable {
        let transcript = Mutex(Transcript())
    }
}
