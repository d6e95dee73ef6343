/// Keeps what repeats itself from filling a disk: of each event's warnings and errors it passes on a bounded number in
/// a stretch of time, and says how many it left out.
///
/// A stranger who knocks a thousand times a second, or a disk that refuses every write, is then a hundred lines and a
/// number. What is below ``LogLevel/warning`` passes untouched: it is asked for by the level, access logs among it.
package final class RepetitionLimit: LogSink {
    private let sink: any LogSink
    private let state = Lock(State())

    /// A limit in front of `sink`.
    package init(_ sink: any LogSink) { self.sink = sink }

    package func write(_ record: LogRecord) {
        let (passes, reports) = state.withLock { $0.take(record) }
        for report in reports { sink.write(report) }
        if passes { sink.write(record) }
    }

    private struct Window {
        let began: WallTime
        let level: LogLevel
        var passed = 0
        var leftOut = 0

        /// A clock that was set back ends it too: else it might last for years.
        func isOver(at time: WallTime) -> Bool {
            let window = Limits.Log.repetitionWindow.wholeNanoseconds / 1_000_000
            return time < began || time.millisecondsSince1970 - began.millisecondsSince1970 >= window
        }
    }

    private struct State {
        private var windows: [LogEvent: Window] = [:]
        /// Windows in which something was left out.
        private var owing = 0

        /// Whether `record` passes, and what is to be said before it.
        mutating func take(_ record: LogRecord) -> (passes: Bool, reports: [LogRecord]) {
            let reports = owing > 0 ? settle(record.wallTime) : []
            guard record.level >= .warning else { return (true, reports) }
            var window = windows[record.event] ?? Window(began: record.wallTime, level: record.level)
            if window.isOver(at: record.wallTime) { window = Window(began: record.wallTime, level: record.level) }
            let passes = window.passed < Limits.Log.maximumRepetitions
            if passes {
                window.passed += 1
            } else {
                if window.leftOut == 0 { owing += 1 }
                window.leftOut += 1
            }
            windows[record.event] = window
            return (passes, reports)
        }

        /// What windows that are over have left out, in the order of the events' names; they begin anew.
        private mutating func settle(_ time: WallTime) -> [LogRecord] {
            let over = windows.filter { $0.value.leftOut > 0 && $0.value.isOver(at: time) }
            owing -= over.count
            return over.sorted { $0.key.name < $1.key.name }.map { event, window in
                windows[event] = nil
                return LogRecord(
                    wallTime: time,
                    level: window.level,
                    event: .repeated,
                    fields: [
                        LogField(.repeatedEvent, .text(event.name)),
                        LogField(.leftOut, .integer(Int64(window.leftOut))),
                    ]
                )
            }
        }
    }
}

extension LogEvent {
    /// Lines of one event were left out because there were too many.
    static let repeated = LogEvent("log.repeated")
}

extension LogKey {
    static let repeatedEvent = LogKey("repeated_event")
    static let leftOut = LogKey("left_out")
}
