import MeshCore
import MeshTestKit
import Testing

@Suite struct `Logging` {
    private let sink = VolatileLogSink()
    private let opened = LogEvent("door.opened")
    private let visitor = LogKey("visitor")

    private func logger(_ level: LogLevel = .info) -> Logger {
        Logger(sink: sink, clock: VirtualClock(), minimumLevel: level)
    }

    @Test func `records below the level are not even made`() {
        func expensive() -> [LogField] {
            Issue.record("the fields of a record that is off were made")
            return []
        }
        logger(.warning).log(.info, opened, expensive())
        #expect(sink.records.isEmpty)
    }

    @Test func `context stands in front of the record's own fields`() {
        logger().with(LogField(.node, .text("hub-1"))).log(.info, opened, [LogField(visitor, .text("ann"))])
        #expect(sink.records.map(\.fields) == [[LogField(.node, .text("hub-1")), LogField(visitor, .text("ann"))]])
    }

    @Test func `an error becomes its code and its sentence`() {
        logger().log(.error, opened, error: CoreError(.malformedIdentifier, "no name"))
        let line = sink.records.first.map(LogFormat.human.line(for:))
        #expect(
            line == "2026-01-01T00:00:00.000Z error   door.opened error=core.malformedIdentifier reason=\"no name\""
        )
    }

    @Test func `lines for people`() {
        logger(.trace).log(
            .trace,
            opened,
            [
                LogField(visitor, .text("ann")), LogField(visitor, .text("a b=\"c\"\n")), LogField(visitor, .text("")),
                LogField(visitor, .integer(-7)), LogField(visitor, .flag(true)),
                LogField(.elapsed, .duration(.microseconds(1_500))),
            ]
        )
        #expect(
            sink.records.map(LogFormat.human.line(for:)) == [
                #"2026-01-01T00:00:00.000Z trace   door.opened visitor=ann visitor="a b=\"c\"\n" visitor="" "#
                    + "visitor=-7 visitor=yes elapsed=1.5ms"
            ]
        )
    }

    @Test(arguments: ["\u{85}", "\u{2028}", "\u{2029}", "\u{9B}31m", "\u{1B}[31m", "\r\n", "\u{7F}", "\\"])
    func `no text can forge a line or command a terminal`(hostile: String) throws {
        logger().log(.info, opened, [LogField(visitor, .text("a\(hostile)b"))])
        let line = LogFormat.human.line(for: try #require(sink.records.first))
        #expect(line.contains("visitor=\"a\\") && line.unicodeScalars.allSatisfy { !JSONText.mustEscape($0) })
    }

    @Test func `lines for machines`() {
        logger().log(
            .warning,
            opened,
            [
                LogField(visitor, .text("a\"\n")), LogField(LogKey("count"), .integer(3)),
                LogField(LogKey("late"), .flag(false)),
                LogField(.elapsed, .duration(.milliseconds(2))),
            ]
        )
        #expect(
            sink.records.map(LogFormat.json.line(for:)) == [
                #"{"time":"2026-01-01T00:00:00.000Z","level":"warning","event":"door.opened","visitor":"a\"\n","#
                    + #""count":3,"late":false,"elapsed":2000000}"#
            ]
        )
    }

    @Test func `a record holds no more fields than its bound, and says how many were left out`() {
        let fields = (0..<Limits.Log.maximumFields + 5).map { LogField(visitor, .integer(Int64($0))) }
        logger().log(.info, opened, fields)
        let kept = sink.records.first?.fields ?? []
        #expect(kept.count == Limits.Log.maximumFields)
        #expect(kept.last == LogField(.fieldsLeftOut, .integer(6)))
        logger().log(.info, opened, Array(fields.prefix(Limits.Log.maximumFields)))
        #expect(sink.records.last?.fields == Array(fields.prefix(Limits.Log.maximumFields)))
    }

    @Test func `long text is cut between characters`() {
        let text = String(repeating: "é", count: Limits.Log.maximumTextBytes)
        logger().log(.info, opened, [LogField(visitor, .text(text))])
        let cut = String(repeating: "é", count: (Limits.Log.maximumTextBytes - 3) / 2) + "…"
        #expect(sink.records.first?.fields == [LogField(visitor, .text(cut))])
    }

    @Test func `a line sink hands on whole lines`() {
        let lines = Lock<[String]>([])
        let sink = LineLogSink(format: .human) { line in lines.withLock { $0.append(line) } }
        Logger(sink: sink, clock: VirtualClock(), minimumLevel: .debug).log(.debug, opened)
        #expect(lines.withLock { $0 } == ["2026-01-01T00:00:00.000Z debug   door.opened"])
    }

    @Test func `a threshold that changes counts at once for every logger of it`() {
        let threshold = LogThreshold(changing: .warning)
        let logger = Logger(sink: sink, clock: VirtualClock(), threshold: threshold)
        let narrowed = logger.with(LogField(visitor, .text("ann")))
        narrowed.log(.info, opened)
        #expect(sink.records.isEmpty)
        threshold.set(.debug)
        narrowed.log(.info, opened)
        logger.log(.debug, opened)
        #expect(sink.records.count == 2)
        #expect(logger.minimumLevel == .debug)
        let fixed = LogThreshold(fixed: .error)
        fixed.set(.trace)
        #expect(fixed.level == .error)
    }

    @Test func `levels are in order`() {
        #expect(LogLevel.allCases == LogLevel.allCases.sorted())
        #expect(LogLevel.allCases.map(\.name) == ["trace", "debug", "info", "warning", "error"])
    }
}
