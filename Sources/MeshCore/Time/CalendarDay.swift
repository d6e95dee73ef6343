/// The beginning of a day, UTC, as tables of prices write it: `2026-10-07`.
package enum CalendarDay {
    /// The moment at which the day that `text` names begins; nil where it names none.
    package static func start(_ text: String) -> WallTime? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2],
            text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || ($0 >= 0x30 && $0 <= 0x39) }),
            let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]),
            (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let start = start(year: year, month: month, day: day)
        // A day that its month does not have is the first of the next one by now.
        return start.description.hasPrefix(text) ? start : nil
    }

    /// The moment at which the day of these numbers begins; years before 0 and beyond 9999 count as those.
    package static func start(year: Int64, month: Int64, day: Int64) -> WallTime {
        WallTime(millisecondsSince1970: 86_400_000 * days(min(max(0, year), 9999), month, day))
    }

    /// The day of `time`, by its numbers.
    package static func date(of time: WallTime) -> (year: Int64, month: Int64, day: Int64) { time.civilDate }

    /// The day of `time`: `2026-10-07`.
    package static func text(of time: WallTime) -> String { time.day }

    /// Days since 1970, counted in eras of 400 years that begin on 1 March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
