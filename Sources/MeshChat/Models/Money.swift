/// An amount in nano-dollars: an integer, never a floating-point number.
package struct Money: Hashable, Sendable, Comparable {
    /// A billionth of a dollar each.
    package let nanodollars: Int64

    /// So many nano-dollars.
    package init(nanodollars: Int64) { self.nanodollars = nanodollars }

    /// Nothing.
    package static let zero = Money(nanodollars: 0)

    package static func < (left: Money, right: Money) -> Bool { left.nanodollars < right.nanodollars }

    /// The one rounding of a call: `numerator / 1,000,000` to the nearest, a half to the even one; stops at the ends.
    init(roundingMillionths numerator: Int128) {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: 1_000_000)
        let twice = 2 * remainder.magnitude
        let isUp = twice > 1_000_000 || (twice == 1_000_000 && quotient % 2 != 0)
        let rounded = isUp ? quotient + (numerator < 0 ? -1 : 1) : quotient
        nanodollars = Int64(clamping: rounded)
    }
}

extension Money: CustomStringConvertible {
    /// `$0.001234`, with as many digits as it has.
    package var description: String {
        let whole = nanodollars.magnitude / 1_000_000_000
        var digits = String(nanodollars.magnitude % 1_000_000_000)
        digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        while digits.utf8.count > 2, digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
        return (nanodollars < 0 ? "-$" : "$") + "\(whole).\(digits)"
    }
}
