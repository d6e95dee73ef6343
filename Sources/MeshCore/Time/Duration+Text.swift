extension Duration {
    /// The duration for people, three digits and the unit that suits: `870ns`, `1.5ms`, `30s`, `2h05m`.
    package var shortText: String {
        let nanoseconds = wholeNanoseconds
        return (nanoseconds < 0 ? "-" : "") + text(ofNanoseconds: nanoseconds.magnitude)
    }

    private func text(ofNanoseconds magnitude: UInt64) -> String {
        switch magnitude {
        case ..<1_000: "\(magnitude)ns"
        case ..<1_000_000: threeDigits(magnitude, unit: 1_000) + "µs"
        case ..<1_000_000_000: threeDigits(magnitude, unit: 1_000_000) + "ms"
        case ..<60_000_000_000: threeDigits(magnitude, unit: 1_000_000_000) + "s"
        case ..<3_600_000_000_000: pair(magnitude / 60_000_000_000, "m", magnitude / 1_000_000_000 % 60, "s")
        default: pair(magnitude / 3_600_000_000_000, "h", magnitude / 60_000_000_000 % 60, "m")
        }
    }

    /// `number / unit` cut to three digits, without trailing zeros; `number` is less than a thousand units.
    private func threeDigits(_ number: UInt64, unit: UInt64) -> String {
        let whole = number / unit
        let decimals = whole >= 100 ? 0 : whole >= 10 ? 1 : 2
        let scale: UInt64 = decimals == 0 ? 1 : decimals == 1 ? 10 : 100
        var fraction = String(number % unit * scale / unit)
        fraction = String(repeating: "0", count: decimals - min(decimals, fraction.utf8.count)) + fraction
        while fraction.utf8.last == UInt8(ascii: "0") { fraction.removeLast() }
        return decimals == 0 || fraction.isEmpty ? "\(whole)" : "\(whole).\(fraction)"
    }

    private func pair(_ large: UInt64, _ largeUnit: String, _ small: UInt64, _ smallUnit: String) -> String {
        "\(large)\(largeUnit)" + (small == 0 ? "" : (small < 10 ? "0" : "") + "\(small)\(smallUnit)")
    }
}
