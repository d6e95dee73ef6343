/// How a record becomes one line of text.
package enum LogFormat: String, CaseIterable, Sendable {
    /// For people at a terminal: `2026-11-21T08:15:00.250Z info    tunnel.connected peer=hub-1 elapsed=1.5ms`.
    case human
    /// For machines: one JSON object a line, keys `time`, `level`, `event`, then the fields.
    case json

    /// The line for `record`, without its end.
    ///
    /// It never holds a line break, whatever a field holds.
    package func line(for record: LogRecord) -> String {
        switch self {
        case .human: humanLine(for: record)
        case .json: jsonLine(for: record)
        }
    }

    private func humanLine(for record: LogRecord) -> String {
        let level = record.level.name + String(repeating: " ", count: 7 - record.level.name.utf8.count)
        let head = "\(record.wallTime) \(level) \(record.event.name)"
        return record.fields.reduce(into: head) { line, field in
            line += " \(field.key.name)=\(humanText(of: field.value))"
        }
    }

    private func humanText(of value: LogValue) -> String {
        switch value {
        case .text(let text): needsQuotes(text) ? JSONText.quoted(text) : text
        case .integer(let integer): String(integer)
        case .flag(let flag): flag ? "yes" : "no"
        case .duration(let duration): duration.shortText
        }
    }

    private func needsQuotes(_ text: String) -> Bool {
        text.isEmpty
            || text.unicodeScalars.contains { scalar in
                JSONText.mustEscape(scalar) || scalar == " " || scalar == "\"" || scalar == "=" || scalar == "\\"
            }
    }

    private func jsonLine(for record: LogRecord) -> String {
        var members = [
            "\"time\":\"\(record.wallTime)\"",
            "\"level\":\"\(record.level.name)\"",
            "\"event\":\(JSONText.quoted(record.event.name))",
        ]
        members += record.fields.map { "\(JSONText.quoted($0.key.name)):\(jsonText(of: $0.value))" }
        return "{\(members.joined(separator: ","))}"
    }

    /// Durations are whole nanoseconds: a reader never has to guess the unit from the size.
    private func jsonText(of value: LogValue) -> String {
        switch value {
        case .text(let text): JSONText.quoted(text)
        case .integer(let integer): String(integer)
        case .flag(let flag): flag ? "true" : "false"
        case .duration(let duration): String(duration.wholeNanoseconds)
        }
    }
}

/// Hands each record as one line of text to a function that writes it.
package struct LineLogSink: LogSink {
    private let format: LogFormat
    private let writeLine: @Sendable (String) -> Void

    /// A sink that formats and passes on; `writeLine` adds the line's end and must keep lines whole.
    package init(format: LogFormat, writeLine: @escaping @Sendable (String) -> Void) {
        self.format = format
        self.writeLine = writeLine
    }

    package func write(_ record: LogRecord) { writeLine(format.line(for: record)) }
}
