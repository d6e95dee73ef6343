/// The level below which loggers make no records: fixed, or one that may be changed while they are in use.
package struct LogThreshold: Sendable {
    private let fixed: LogLevel
    private let changing: Lock<LogLevel>?

    /// Always `level`; costs nothing to ask.
    package init(fixed level: LogLevel) {
        fixed = level
        changing = nil
    }

    /// First `level`, and then what is said by ``set(_:)``.
    package init(changing level: LogLevel) {
        fixed = level
        changing = Lock(level)
    }

    /// The level that counts now.
    package var level: LogLevel { changing?.withLock { $0 } ?? fixed }

    /// Lets another level count for every logger of this threshold; without effect on a fixed one.
    package func set(_ level: LogLevel) { changing?.withLock { $0 = level } }
}
