/// An amount in nano-dollars: an integer, never a floating-point number.
package struct Money: Hashable, Sendable, Comparable {
    /// A billionth of a dollar each.
    package let nanodollars: Int64

    /// So many nano-dollars.
    package init(nanodollars: Int64) { self.nanodollars = nanodollars }

    /// As many of `nanodollars` as there can be: it stops at the ends.
    package init(clamping nanodollars: Int128) { self.nanodollars = Int64(clamping: nanodollars) }

    /// The one rounding of a charge: `numerator / divisor` to the nearest, a half to the even one; stops at the ends.
    package init(rounding numerator: Int128, over divisor: Int128) {
        precondition(divisor > 0, "money is divided by something above nothing")
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: divisor)
        let twice = 2 * remainder.magnitude
        let isUp = twice > divisor.magnitude || (twice == divisor.magnitude && quotient % 2 != 0)
        self.init(clamping: isUp ? quotient + (numerator < 0 ? -1 : 1) : quotient)
    }

    /// Nothing.
    package static let zero = Money(nanodollars: 0)

    package static func < (left: Money, right: Money) -> Bool { left.nanodollars < right.nanodollars }

    /// Both together; it stops at the ends.
    package static func + (left: Money, right: Money) -> Money {
        Money(clamping: Int128(left.nanodollars) + Int128(right.nanodollars))
    }

    /// What is left of `left` without `right`; it stops at the ends.
    package static func - (left: Money, right: Money) -> Money {
        Money(clamping: Int128(left.nanodollars) - Int128(right.nanodollars))
    }

    /// As much the other way round; it stops at the ends.
    package static prefix func - (money: Money) -> Money { .zero - money }
}

extension Money: CustomStringConvertible {
    /// `$0.001234`, with as many digits as it has.
    package var description: String { Self.text(Int128(nanodollars), decimals: 9, atLeast: 2) }

    /// A cost for people, rounded up to a tenth of a cent: `$0.011` for `$0.010815`, `$25.00` for 25 dollars.
    package var costText: String {
        let tenths = Self.floor(-Int128(nanodollars), Self.tenthOfACent)
        return Self.text(-tenths, decimals: 3, atLeast: 2)
    }

    /// What somebody has, rounded down to a tenth of a cent: never more is shown than is there.
    package var balanceText: String {
        Self.text(Self.floor(Int128(nanodollars), Self.tenthOfACent), decimals: 3, atLeast: 2)
    }

    private static let tenthOfACent: Int128 = 1_000_000

    private static func floor(_ value: Int128, _ divisor: Int128) -> Int128 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// `value` parts of a dollar, of which there are ten to the power of `decimals`.
    private static func text(_ value: Int128, decimals: Int, atLeast: Int) -> String {
        var parts: UInt128 = 1
        for _ in 0..<decimals { parts *= 10 }
        var digits = String(value.magnitude % parts)
        digits = String(repeating: "0", count: decimals - digits.utf8.count) + digits
        while digits.utf8.count > atLeast, digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
        return (value < 0 ? "-$" : "$") + "\(value.magnitude / parts).\(digits)"
    }
}
