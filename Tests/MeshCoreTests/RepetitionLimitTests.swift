import MeshCore
import MeshTestKit
import Testing

@Suite struct `What repeats itself in a log` {
    private let sink = VolatileLogSink()
    private let refused = LogEvent("door.refused")
    private let opened = LogEvent("door.opened")

    /// The names of the events in the log, and what was left out.
    private var lines: [String] {
        sink.records.map { record in
            let fields = record.fields.map { "\($0.value)" }
            return ([record.event.name] + fields).joined(separator: " ")
        }
    }

    private func at(_ seconds: Double) -> WallTime {
        WallTime(millisecondsSince1970: VirtualClock.firstWallTime.millisecondsSince1970 + Int64(seconds * 1_000))
    }

    private func write(_ limit: RepetitionLimit, _ level: LogLevel, _ event: LogEvent, at seconds: Double) {
        limit.write(LogRecord(wallTime: at(seconds), level: level, event: event, fields: []))
    }

    @Test func `is written up to a bound, then counted, and the count is said with the next line of any kind`() {
        let limit = RepetitionLimit(sink)
        for _ in 0..<Limits.Log.maximumRepetitions + 7 { write(limit, .warning, refused, at: 0) }
        #expect(sink.records.count == Limits.Log.maximumRepetitions)
        let window = Limits.Log.repetitionWindow / .seconds(1)
        write(limit, .debug, opened, at: window - 0.001)
        #expect(sink.records.count == Limits.Log.maximumRepetitions + 1)
        write(limit, .debug, opened, at: window)
        let report = "log.repeated text(\"door.refused\") integer(7)"
        #expect(Array(lines.suffix(3)) == ["door.opened", report, "door.opened"])
        #expect(sink.records.suffix(2).map(\.level) == [.warning, .debug])
        // It begins anew, and nothing is said twice.
        write(limit, .warning, refused, at: window + 1)
        #expect(lines.last == "door.refused")
    }

    @Test func `has no bound below a warning, and each event has its own`() {
        let limit = RepetitionLimit(sink)
        let count = 2 * Limits.Log.maximumRepetitions
        for _ in 0..<count { write(limit, .info, opened, at: 0) }
        #expect(sink.records.count == count)
        for _ in 0..<count { write(limit, .error, refused, at: 0) }
        write(limit, .error, LogEvent("door.broken"), at: 0)
        #expect(sink.records.count == count + Limits.Log.maximumRepetitions + 1)
    }

    @Test func `is not left out for ever where the clock is set back`() {
        let limit = RepetitionLimit(sink)
        for _ in 0...Limits.Log.maximumRepetitions { write(limit, .warning, refused, at: 1_000_000) }
        write(limit, .warning, refused, at: 0)
        #expect(Array(lines.suffix(2)) == ["log.repeated text(\"door.refused\") integer(1)", "door.refused"])
    }
}
