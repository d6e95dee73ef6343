internal import Glibc
internal import MeshCommandLine
internal import MeshCore

/// Where the lines of a chat come from: a person whose keys are edited into lines, or a pipe.
struct ChatInput {
    /// The next line, or why there is none.
    enum Line {
        case text(String)
        /// Nothing more will come.
        case end
        /// A signal ends the program.
        case signal(Int32)
        /// A line is longer than a question may be, or is no text.
        case unreadable
    }

    /// Whether lines are edited.
    let isEdited: Bool
    /// What was typed before, this time and earlier.
    var history: LineHistory { editor.history }

    private let input: CommandInput
    private let screen: Screen
    private var editor: LineEditor
    private var display: LineDisplay
    /// What has been read and belongs to the lines that follow.
    private var rest: ArraySlice<UInt8> = []

    /// The input of a command; lines are edited where a person types and sees them.
    init(_ ground: CommandGround, _ screen: Screen, history: LineHistory) {
        input = ground.input
        self.screen = screen
        isEdited = ground.input.isTerminal && screen.isInteractive && ground.variable("TERM") != "dumb"
        editor = LineEditor(history: history)
        display = LineDisplay(prompt: "> ", .bold, isColoured: screen.isColoured)
    }

    /// The next line; waits for it.
    mutating func next() throws -> Line {
        guard isEdited, let mode = TerminalMode(STDIN_FILENO) else { return plainLine() }
        mode.set(.editing)
        // Pasted text comes between marks, so that its line ends do not submit it.
        try screen.text("\u{1B}[?2004h")
        defer { try? screen.text("\u{1B}[?2004l") }
        return try editedLine(mode)
    }

    private mutating func editedLine(_ mode: borrowing TerminalMode) throws -> Line {
        display.begin()
        try paint()
        while true {
            var isChanged = false
            while let byte = rest.popFirst() {
                switch editor.take(byte) {
                case .none: continue
                case .changed: isChanged = true
                case .bell:
                    isChanged = true
                    try screen.text("\u{07}")
                case .submitted(let text):
                    try screen.text(display.leaving(text, on: size))
                    return .text(text)
                case .abandoned:
                    try screen.text("^C\r\n")
                    display.begin()
                    isChanged = true
                case .ended:
                    try screen.text("\r\n")
                    return .end
                case .suspended:
                    try suspend(mode)
                    isChanged = true
                case .cleared:
                    try screen.text("\u{1B}[H\u{1B}[2J")
                    display.begin()
                    isChanged = true
                }
            }
            if isChanged { try paint() }
            switch input.read(4_096) {
            case .bytes(let bytes): rest = bytes[...]
            case .end: return .end
            case .interrupted(let signal):
                try screen.text("\r\n")
                return .signal(signal)
            }
        }
    }

    private mutating func paint() throws {
        try screen.text(display.painting(before: editor.before, after: editor.after, on: size))
    }

    /// Leaves the terminal to the shell until that goes on with this program.
    private mutating func suspend(_ mode: borrowing TerminalMode) throws {
        try screen.text("\u{1B}[?2004l\r\n")
        mode.restore()
        kill(0, SIGTSTP)
        mode.set(.editing)
        try screen.text("\u{1B}[?2004h")
        display.begin()
    }

    private var size: LineDisplay.Size {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return LineDisplay.Size(columns: 80, rows: 24)
        }
        return LineDisplay.Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    private mutating func plainLine() -> Line {
        var line: [UInt8] = []
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line += rest[..<end]
                rest = rest[(end + 1)...]
                return Self.text(line)
            }
            line += rest
            rest = []
            guard line.count <= Limits.Commands.maximumLineBytes else { return .unreadable }
            switch input.read(65_536) {
            case .bytes(let bytes): rest = bytes[...]
            case .end: return line.isEmpty ? .end : Self.text(line)
            case .interrupted(let signal): return .signal(signal)
            }
        }
    }

    private static func text(_ line: [UInt8]) -> Line {
        guard line.count <= Limits.Commands.maximumLineBytes, let text = String(validating: line, as: UTF8.self) else {
            return .unreadable
        }
        return .text(text.hasSuffix("\r") ? String(text.dropLast()) : text)
    }
}
