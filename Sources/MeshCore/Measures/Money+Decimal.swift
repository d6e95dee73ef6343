// Amounts as programs tell them to each other: dollars as decimal text, exact to the last digit.

extension Money {
    /// Exactly, in dollars, as programs read it: `0.010815`, `-3.5`, `25`.
    package var decimalText: String { Self.decimalText(ofNanodollars: Int128(nanodollars)) }

    /// The same of a sum that may have outgrown 64 bits.
    package static func decimalText(ofNanodollars nanodollars: Int128) -> String {
        let (dollars, rest) = nanodollars.magnitude.quotientAndRemainder(dividingBy: UInt128(perDollar))
        let sign = nanodollars < 0 ? "-" : ""
        guard rest > 0 else { return "\(sign)\(dollars)" }
        var digits = String(rest)
        digits = String(repeating: "0", count: decimals - digits.utf8.count) + digits
        while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
        return "\(sign)\(dollars).\(digits)"
    }

    /// The amount that `text` spells in dollars: digits, and at most nine behind a point.
    ///
    /// Nil for anything else, an exponent, a sign but `-`, a zero too many in front; nothing is rounded. Nil also for
    /// what is beyond ``nanodollars``.
    package init?(decimal text: some StringProtocol) {
        let bytes = text.utf8
        let isNegative = bytes.first == UInt8(ascii: "-")
        let parts = (isNegative ? bytes.dropFirst() : bytes[...]).split(
            separator: UInt8(ascii: "."),
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        let fraction = parts.count > 1 ? parts[1] : nil
        guard let whole = parts.first, (1...Self.wholeDigits).contains(whole.count),
            whole.count == 1 || whole.first != UInt8(ascii: "0"),
            fraction.map({ (1...Self.decimals).contains($0.count) }) ?? true
        else { return nil }
        var value: Int128 = 0
        for byte in whole {
            guard let digit = Self.digit(byte) else { return nil }
            value = value * 10 + digit
        }
        var missing = Self.decimals
        for byte in fraction ?? whole[whole.endIndex...] {
            guard let digit = Self.digit(byte) else { return nil }
            value = value * 10 + digit
            missing -= 1
        }
        for _ in 0..<missing { value *= 10 }
        guard let nanodollars = Int64(exactly: isNegative ? -value : value) else { return nil }
        self.init(nanodollars: nanodollars)
    }

    private static func digit(_ byte: UInt8) -> Int128? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int128(byte - UInt8(ascii: "0")) : nil
    }

    private static let perDollar: Int128 = 1_000_000_000
    private static let decimals = 9
    /// More digits of whole dollars than 64 bits of nano-dollars have.
    private static let wholeDigits = 10
}
