import Glibc

/// Where a program writes: standard output for results, standard error for what went wrong.
///
/// A value of two functions, so that tests collect text. Writes block until the text is taken and are not buffered:
/// write whole lines or more at once.
package struct Terminal: Sendable {
    /// Writes all of a text or throws.
    package typealias Write = @Sendable (String) throws(TerminalError) -> Void

    /// Whether a person reads standard output.
    package let isInteractive: Bool
    /// Whether a person reads standard error.
    package let isErrorInteractive: Bool
    /// Columns of the screen, 80 where there is none.
    package let width: Int
    private let output: Write
    private let error: Write

    /// A terminal of two functions, as tests make it.
    package init(
        isInteractive: Bool,
        isErrorInteractive: Bool = false,
        width: Int,
        output: @escaping Write,
        error: @escaping Write
    ) {
        self.isInteractive = isInteractive
        self.isErrorInteractive = isErrorInteractive
        self.width = width
        self.output = output
        self.error = error
    }

    /// A terminal of two open file descriptors, those of the process unless told.
    ///
    /// They are not closed here. The process must ignore SIGPIPE, as ``Program/runProcess()`` does, or a closed pipe
    /// ends it.
    package static func descriptors(output: Int32 = STDOUT_FILENO, error: Int32 = STDERR_FILENO) -> Terminal {
        Terminal(
            isInteractive: isatty(output) == 1,
            isErrorInteractive: isatty(error) == 1,
            width: columns(of: output) ?? 80,
            output: { text throws(TerminalError) in try writeAll(text, to: output) },
            error: { text throws(TerminalError) in try writeAll(text, to: error) }
        )
    }

    /// Writes to standard output.
    ///
    /// Let the error pass: ``Program`` ends quietly when nobody reads any more, and reports a full disk.
    package func write(_ text: String) throws(TerminalError) {
        try output(text)
    }

    /// Writes one line to standard output.
    package func writeLine(_ line: String) throws(TerminalError) {
        try output(line + "\n")
    }

    /// Writes one line to standard error; never fails, since there would be nobody left to tell.
    package func writeErrorLine(_ line: String) {
        try? error(line + "\n")
    }
}

/// Why standard output took no more.
package enum TerminalError: Error, Hashable, CustomStringConvertible {
    /// The reader went away, as in `| head`.
    case closed
    /// Any other failure of write(2), by its `errno`.
    case failed(errno: Int32)

    /// The failure in the words of the operating system.
    package var description: String {
        switch self {
        case .closed: "standard output is closed"
        case .failed(let number): "cannot write to standard output: \(String(cString: strerror(number)))"
        }
    }
}

private func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
}

private func writeAll(_ text: String, to descriptor: Int32) throws(TerminalError) {
    var text = text
    let failure: TerminalError? = text.withUTF8 { bytes in
        var rest = UnsafeRawBufferPointer(bytes)
        while !rest.isEmpty {
            let written = write(descriptor, rest.baseAddress, rest.count)
            if written >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: waitUntilWritable(descriptor)
            case EPIPE: return .closed
            default: return .failed(errno: errno)
            }
        }
        return nil
    }
    if let failure { throw failure }
}

/// Another process may have made a shared terminal non-blocking.
private func waitUntilWritable(_ descriptor: Int32) {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    _ = poll(&request, 1, -1)
}
