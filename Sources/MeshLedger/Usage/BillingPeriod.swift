package import MeshCore
package import MeshWire

/// A month, UTC: from its first moment on, until the first of the next one, which is not in it.
package struct BillingPeriod: Hashable, Sendable {
    /// Months since the year 0.
    package let month: Int64

    /// The period that `time` is in; what is before the year 0 or after 9999 counts as those.
    package init(of time: WallTime) {
        let date = CalendarDay.date(of: time)
        month = Self.bounded(date.year < 0 ? 0 : date.year > 9_999 ? Self.last : date.year * 12 + date.month - 1)
    }

    /// The month that `text` names as ``description`` does: `2026-11`; nil where it names none since 1970.
    package init?(_ text: some StringProtocol) {
        guard let start = CalendarDay.start("\(text)-01") else { return nil }
        self.init(of: start)
    }

    /// The one that is so many months behind the beginning of the year 0; bounded as those of a time are.
    package init(month: Int64) { self.month = Self.bounded(month) }

    /// Its first moment.
    package var start: WallTime { CalendarDay.start(year: month / 12, month: month % 12 + 1, day: 1) }

    /// The first moment that is not in it.
    package var end: WallTime { month == Self.last ? WallTime(millisecondsSince1970: .max) : next.start }

    /// The one that follows.
    package var next: BillingPeriod { BillingPeriod(month: month + 1) }

    private static let last: Int64 = 119_999

    private static func bounded(_ month: Int64) -> Int64 { min(max(0, month), last) }
}

extension BillingPeriod: Comparable {
    package static func < (left: BillingPeriod, right: BillingPeriod) -> Bool { left.month < right.month }
}

extension BillingPeriod: CustomStringConvertible {
    /// `2026-11`.
    package var description: String { String(start.description.prefix(7)) }
}

extension BillingPeriod: WireCodable {
    package func encode(into writer: inout WireWriter) { writer.write(month) }

    package init(from reader: inout WireReader) throws(WireError) { self.init(month: try reader.readInt64()) }
}
