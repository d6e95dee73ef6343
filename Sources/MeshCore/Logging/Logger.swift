/// The port to wherever records go.
///
/// Called from any thread, in the writer's turn: an implementation must not block and must not log.
package protocol LogSink: Sendable {
    /// Takes `record`; a sink that has no room drops it and counts.
    func write(_ record: LogRecord)
}

/// Writes records of one part of the system: a level below which nothing is made, and fields that all of them carry.
///
/// A value: hand it down, narrow it with ``with(_:)``. Pure rules do not log; they return events to those who do.
package struct Logger: Sendable {
    private let sink: any LogSink
    private let clock: any Clock
    private let context: [LogField]
    private let threshold: LogThreshold

    /// Records below it are not made.
    package var minimumLevel: LogLevel { threshold.level }

    /// A logger that writes to `sink` what matters at least `minimumLevel`.
    package init(sink: any LogSink, clock: any Clock, minimumLevel: LogLevel, context: [LogField] = []) {
        self.init(sink: sink, clock: clock, threshold: LogThreshold(fixed: minimumLevel), context: context)
    }

    /// A logger that writes to `sink` what matters at least as much as `threshold` says at the time.
    package init(sink: any LogSink, clock: any Clock, threshold: LogThreshold, context: [LogField] = []) {
        self.sink = sink
        self.clock = clock
        self.threshold = threshold
        self.context = context
    }

    /// The same logger with `fields` in front of those of each record.
    package func with(_ fields: LogField...) -> Logger {
        Logger(sink: sink, clock: clock, threshold: threshold, context: context + fields)
    }

    /// Records that `event` happened; the fields are not even made when the level is off.
    ///
    /// A record made in a task with a trace (``TraceContext/current``) says which, in front of its own fields.
    package func log(_ level: LogLevel, _ event: LogEvent, _ fields: @autoclosure () -> [LogField] = []) {
        guard level >= minimumLevel else { return }
        var all = context
        if let trace = TraceContext.current { all.append(LogField(.trace, .text(trace.traceID))) }
        all += fields()
        sink.write(LogRecord(wallTime: clock.wallTime, level: level, event: event, fields: all))
    }

    /// Records that `error` kept something from being done.
    package func log(_ level: LogLevel, _ event: LogEvent, error: some StructuredError) {
        log(level, event, [LogField(.error, .text(error.identity)), LogField(.reason, .text(error.message))])
    }
}
