internal import Glibc
package import MeshCore

/// Writes records as lines to standard error.
package struct StandardErrorLog: LogSink {
    private let format: LogFormat

    /// A sink that writes in `format`.
    package init(_ format: LogFormat) { self.format = format }

    /// One call for each line, so that the lines of several threads do not mix; what cannot be written is dropped.
    package func write(_ record: LogRecord) {
        let line = format.line(for: record) + "\n"
        let bytes = Array(line.utf8)
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
