internal import Glibc
internal import MeshCore

/// What a person has answered who was asked for a secret.
package enum SecretAnswer: Hashable, Sendable {
    /// This.
    case text(String)
    /// Nothing: Ctrl-C or Ctrl-D.
    case cancelled
}

/// Asks on the terminal itself, whatever standard input is, and shows nothing of the answer.
enum SecretPrompt {
    /// The answer; nil where there is no terminal.
    static func ask(_ prompt: String) -> SecretAnswer? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else { return nil }
        var silent = before
        // Signals too: a Ctrl-C that ended the process here would leave the terminal silent.
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else { return nil }
        defer {
            tcsetattr(terminal, TCSAFLUSH, &before)
            say("\n", to: terminal)
        }
        say(prompt, to: terminal)
        return answer(from: terminal)
    }

    private static func answer(from terminal: Int32) -> SecretAnswer {
        var typed: [UInt8] = []
        while typed.count <= Limits.Commands.maximumTokenBytes {
            var byte = UInt8(0)
            let count = read(terminal, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return .cancelled }
            switch byte {
            case 0x03, 0x1A: return .cancelled  // Ctrl-C, Ctrl-Z
            case 0x04 where typed.isEmpty: return .cancelled  // Ctrl-D
            case 0x04, 0x0A, 0x0D: return .text(String(decoding: typed, as: UTF8.self))
            case 0x08, 0x7F: _ = typed.popLast()
            case 0x15: typed = []  // Ctrl-U
            default: typed.append(byte)
            }
        }
        return .cancelled
    }

    private static func say(_ text: String, to terminal: Int32) {
        let bytes = Array(text.utf8)
        _ = write(terminal, bytes, bytes.count)
    }
}
