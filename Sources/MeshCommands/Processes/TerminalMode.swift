internal import Glibc

/// How a terminal hands on what is typed; as it was before, when nobody holds this any more.
struct TerminalMode: ~Copyable {
    /// What is wanted of it.
    enum Kind {
        /// Each key at once, Ctrl-C too, and nothing is shown by itself.
        case editing
        /// Nothing is shown, and Ctrl-C is a signal.
        case listening
    }

    private let descriptor: Int32
    private let before: termios

    /// The mode of a terminal as it is; nil where `descriptor` is none.
    init?(_ descriptor: Int32) {
        var now = termios()
        guard tcgetattr(descriptor, &now) == 0 else { return nil }
        self.descriptor = descriptor
        before = now
    }

    deinit { restore() }

    /// Sets the terminal so.
    func set(_ kind: Kind) {
        var mode = before
        mode.c_lflag &= ~tcflag_t(ECHO | ICANON)
        if kind == .editing {
            mode.c_lflag &= ~tcflag_t(ISIG | IEXTEN)
            mode.c_iflag &= ~tcflag_t(ICRNL | IXON)
        }
        // What was typed already stays.
        tcsetattr(descriptor, TCSADRAIN, &mode)
    }

    /// Sets it as it was.
    func restore() {
        var mode = before
        tcsetattr(descriptor, TCSADRAIN, &mode)
    }
}
