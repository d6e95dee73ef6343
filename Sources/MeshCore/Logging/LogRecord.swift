/// How much a record matters, from the chatter of development to what wakes somebody up.
package enum LogLevel: Int, CaseIterable, Sendable {
    /// Every step of one connection or actor; off unless one hunts.
    case trace
    /// What a developer wants to know.
    case debug
    /// What an operator wants to know: started, connected, renewed.
    case info
    /// The system went on, but somebody should look: a retry, a limit met.
    case warning
    /// Something asked for was not done.
    case error

    /// The word in log lines and configuration.
    package var name: String {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }
}

extension LogLevel: Comparable {
    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// The stable name of something that happens, as in `tunnel.connected`: what dashboards and tests look for.
///
/// Each module lists its own in one file. There is no free text beside it: what varies goes into fields.
package struct LogEvent: Hashable, Sendable {
    /// The dotted name.
    package let name: String

    /// The event called `name`.
    package init(_ name: String) { self.name = name }
}

/// One typed value of a field.
///
/// There is no case for "anything": whoever logs decides what a value is, and secrets have no way in by accident.
package enum LogValue: Hashable, Sendable {
    case text(String)
    case integer(Int64)
    case flag(Bool)
    case duration(Duration)
}

/// A key and its value.
package struct LogField: Hashable, Sendable {
    /// The name, from the list in `LogKey`.
    package let key: LogKey

    /// What was seen.
    package let value: LogValue

    /// The field `key=value`.
    package init(_ key: LogKey, _ value: LogValue) {
        self.key = key
        self.value = value
    }
}

/// Something that happened, with the circumstances that a reader needs to search by.
package struct LogRecord: Hashable, Sendable {
    /// When.
    package let wallTime: WallTime

    /// How much it matters.
    package let level: LogLevel

    /// What.
    package let event: LogEvent

    /// The circumstances, at most ``Limits/Log/maximumFields``, texts within ``Limits/Log/maximumTextBytes``.
    package let fields: [LogField]

    /// A record within its bounds: further fields are counted and left out, longer texts are cut.
    package init(wallTime: WallTime, level: LogLevel, event: LogEvent, fields: [LogField]) {
        self.wallTime = wallTime
        self.level = level
        self.event = event
        let room = fields.count > Limits.Log.maximumFields ? Limits.Log.maximumFields - 1 : fields.count
        var kept = fields.prefix(room).map(\.withinBounds)
        if fields.count > room { kept.append(LogField(.fieldsLeftOut, .integer(Int64(fields.count - room)))) }
        self.fields = kept
    }
}

extension LogField {
    fileprivate var withinBounds: LogField {
        guard case .text(let text) = value, text.utf8.count > Limits.Log.maximumTextBytes else { return self }
        return LogField(key, .text(text.cut(toBytes: Limits.Log.maximumTextBytes - "…".utf8.count) + "…"))
    }
}
