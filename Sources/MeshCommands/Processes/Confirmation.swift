internal import Glibc

/// Asks on the terminal itself, whatever standard input is, whether something shall be done.
enum Confirmation {
    /// Whether the answer is yes; anything else is no, and nil where there is no terminal.
    static func ask(_ prompt: String) -> Bool? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        let bytes = Array(prompt.utf8)
        guard write(terminal, bytes, bytes.count) == bytes.count else { return nil }
        var typed = [UInt8](repeating: 0, count: longestAnswer)
        var count = -1
        repeat { count = read(terminal, &typed, typed.count) } while count < 0 && errno == EINTR
        guard count > 0 else { return false }
        let answer = String(decoding: typed[..<count], as: UTF8.self).filter { !$0.isWhitespace }.lowercased()
        return answer == "y" || answer == "yes"
    }

    /// Bytes of a line as a terminal hands it over.
    private static let longestAnswer = 4_096
}
