internal import Glibc
package import MeshCore

/// Writes records as lines to standard error, and waits for nobody who does not read them.
///
/// Loops write here: where standard error is a pipe whose reader has stopped, a write that waits would stop the node.
/// So a line waits for ``Limits/Logging/readerPatience`` at most, and none waits again until the reader has read.
/// Lines for which there is no room are dropped and counted; the next one that is written says so before itself.
package final class StandardErrorLog: LogSink {
    private struct State {
        /// What is left of a line that was begun: it is ended before the next.
        var rest: [UInt8] = []
        /// Lines that were dropped since one was written.
        var lost: Int64 = 0
        /// Whether the reader has read since somebody has waited for it in vain.
        var isRead = true
    }

    private let format: LogFormat
    private let descriptor: Int32
    // Around the writes, which wait for a moment at most: lines of several threads do not mix.
    private let state = Lock(State())

    /// A sink that writes in `format`, to standard error or another file that is open.
    package init(_ format: LogFormat, to descriptor: Int32 = STDERR_FILENO) {
        self.format = format
        self.descriptor = descriptor
    }

    /// Writes a line, or drops it where nobody reads.
    package func write(_ record: LogRecord) {
        let line = Array((format.line(for: record) + "\n").utf8)
        state.withLock { state in
            guard write(&state) else {
                state.lost += 1
                return
            }
            if state.lost > 0 {
                let count = LogField(.count, .integer(state.lost))
                let words = LogField(.reason, .text("nobody was reading standard error"))
                let said = LogRecord(
                    wallTime: record.wallTime,
                    level: .warning,
                    event: .linesLost,
                    fields: [count, words]
                )
                state.rest = Array((format.line(for: said) + "\n").utf8)
                guard write(&state) else {
                    // The notice is under way; this line is the first of the next one's count.
                    state.lost = 1
                    return
                }
                state.lost = 0
            }
            state.rest = line
            _ = write(&state)
        }
    }

    /// Writes what is left, in pieces for which there is room; false where some of it is left.
    private func write(_ state: inout State) -> Bool {
        while !state.rest.isEmpty {
            guard isRoom(&state) else { return false }
            // A pipe that has room has it for so much.
            let count = Glibc.write(descriptor, state.rest, min(state.rest.count, Int(PIPE_BUF)))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                if errno == EAGAIN { return false }
                // Nobody will ever read: what cannot be written is dropped.
                state.rest = []
                break
            }
            state.rest.removeFirst(count)
        }
        return true
    }

    private func isRoom(_ state: inout State) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let patience = state.isRead ? Limits.Logging.readerPatience : .zero
        // What is no pipe, terminal or socket always has room; an error shows in the write.
        var count = poll(&entry, 1, 0)
        if count == 0, patience > .zero { count = poll(&entry, 1, Int32(patience / .milliseconds(1))) }
        state.isRead = count != 0
        return count != 0
    }
}

extension LogEvent {
    static let linesLost = LogEvent("log.lines-lost")
}
