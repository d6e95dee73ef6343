package import MeshCore

/// A test double: keeps records in memory, so that a test can ask what was logged.
package final class VolatileLogSink: LogSink {
    private let kept = Lock<[LogRecord]>([])

    /// A sink that holds nothing yet.
    package init() {}

    /// Every record so far, oldest first.
    package var records: [LogRecord] { kept.withLock { $0 } }

    package func write(_ record: LogRecord) { kept.withLock { $0.append(record) } }
}
