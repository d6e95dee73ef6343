/// A moment as people and other machines know it: UTC, in milliseconds since 1970.
///
/// It may jump. Nothing that must be safe depends on it: order comes from the journal, deadlines from ``Instant``.
package struct WallTime: Hashable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
    package let millisecondsSince1970: Int64

    /// The moment `millisecondsSince1970` after the epoch.
    package init(millisecondsSince1970: Int64) { self.millisecondsSince1970 = millisecondsSince1970 }
}

extension WallTime: Comparable {
    package static func < (left: WallTime, right: WallTime) -> Bool {
        left.millisecondsSince1970 < right.millisecondsSince1970
    }
}

extension WallTime: CustomStringConvertible {
    /// ISO 8601 with milliseconds: `2026-11-21T08:15:00.250Z`.
    package var description: String {
        let ofDay = millisecondsSince1970.quotientFlooring(dividingBy: 86_400_000).remainder
        var text = day
        text.append("T", ofDay / 3_600_000, width: 2)
        text.append(":", ofDay / 60_000 % 60, width: 2)
        text.append(":", ofDay / 1_000 % 60, width: 2)
        text.append(".", ofDay % 1_000, width: 3)
        return text + "Z"
    }

    /// The day that it is in, UTC: `2026-11-21`.
    var day: String {
        let (year, month, day) = civilDate
        var text = ""
        text.append("", year, width: 4)
        text.append("-", month, width: 2)
        text.append("-", day, width: 2)
        return text
    }

    /// The day that it is in, UTC, by its numbers.
    var civilDate: (year: Int64, month: Int64, day: Int64) {
        Self.civilDate(daysSince1970: millisecondsSince1970.quotientFlooring(dividingBy: 86_400_000).quotient)
    }

    /// The proleptic Gregorian date, counted in 400-year eras that begin on 1 March, so that the leap day comes last.
    private static func civilDate(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (daysSince1970 + 719_468).quotientFlooring(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension String {
    /// Appends `mark`, and `number` with as many zeros before it as make `width` digits.
    fileprivate mutating func append(_ mark: String, _ number: Int64, width: Int) {
        self += mark
        if number < 0 { self += "-" }
        var bound: UInt64 = 10
        for _ in 1..<width {
            if number.magnitude < bound { self += "0" }
            bound *= 10
        }
        self += String(number.magnitude)
    }
}

extension Int64 {
    /// Quotient and remainder with the remainder never negative, for a positive divisor.
    fileprivate func quotientFlooring(dividingBy divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
