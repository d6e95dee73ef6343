// Values written as a whole number and a unit: `250ms`, `64KiB`.

extension Duration: CommandLineValue {
    /// A whole number of milliseconds, seconds, minutes or hours; never negative.
    package static var commandLineSyntax: ValueSyntax<Duration> {
        let milliseconds = Unit.Scale(units: [
            Unit(name: "h", size: 3_600_000),
            Unit(name: "m", size: 60_000),
            Unit(name: "s", size: 1000),
            Unit(name: "ms", size: 1),
        ])
        return ValueSyntax(
            valueName: "DURATION",
            expected: "a duration such as 250ms, 30s, 5m or 24h",
            read: { milliseconds.read($0).map { .milliseconds($0) } },
            print: { duration in
                let (seconds, attoseconds) = duration.components
                return milliseconds.print(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
            }
        )
    }
}

/// A number of bytes, written with a unit of 1000 (`10MB`) or of 1024 (`64KiB`).
package struct ByteCount: Hashable, Comparable, Sendable, CommandLineValue {
    /// The bare number.
    package let bytes: Int64

    /// A number of bytes, however the user wrote it.
    package init(bytes: Int64) {
        self.bytes = bytes
    }

    /// Fewer bytes come first.
    package static func < (left: ByteCount, right: ByteCount) -> Bool {
        left.bytes < right.bytes
    }

    /// A whole number of `B`, `KB` … `TB` or `KiB` … `TiB`.
    package static var commandLineSyntax: ValueSyntax<ByteCount> {
        let bytes = Unit.Scale(units: [
            Unit(name: "TiB", size: 1 << 40), Unit(name: "TB", size: 1_000_000_000_000),
            Unit(name: "GiB", size: 1 << 30), Unit(name: "GB", size: 1_000_000_000),
            Unit(name: "MiB", size: 1 << 20), Unit(name: "MB", size: 1_000_000),
            Unit(name: "KiB", size: 1 << 10), Unit(name: "KB", size: 1000),
            Unit(name: "B", size: 1),
        ])
        return ValueSyntax(
            valueName: "BYTES",
            expected: "a byte count such as 64KiB or 10MB",
            read: { bytes.read($0).map { ByteCount(bytes: $0) } },
            print: { bytes.print($0.bytes) }
        )
    }
}

/// How long something counts that is dated and not timed, in whole seconds: `90d`, `12h`.
package struct Lifetime: Hashable, Sendable, CommandLineValue {
    /// The bare number.
    package let seconds: Int64

    /// A life of `seconds`.
    package init(seconds: Int64) {
        self.seconds = seconds
    }

    /// The life as a duration.
    package var duration: Duration { .seconds(seconds) }

    /// A whole number of days, hours, minutes or seconds.
    package static var commandLineSyntax: ValueSyntax<Lifetime> {
        let seconds = Unit.Scale(units: [
            Unit(name: "d", size: 86_400), Unit(name: "h", size: 3_600), Unit(name: "m", size: 60),
            Unit(name: "s", size: 1),
        ])
        return ValueSyntax(
            valueName: "TIME",
            expected: "a time such as 90d, 12h, 30m or 45s",
            read: { seconds.read($0).map { Lifetime(seconds: $0) } },
            print: { seconds.print($0.seconds) }
        )
    }
}

/// A unit and how many of the smallest unit it holds.
private struct Unit {
    let name: String
    let size: Int64

    /// The units of one measure, largest first, down to the one of size 1.
    struct Scale {
        let units: [Unit]

        /// Nil for anything but ASCII digits followed by a known unit, and for amounts past `Int64.max`.
        func read(_ word: String) -> Int64? {
            let digits = word.prefix { ("0"..."9").contains($0) }
            guard
                let count = Int64(digits),
                let unit = units.first(where: { $0.name == word.dropFirst(digits.count) })
            else { return nil }
            let (amount, overflow) = count.multipliedReportingOverflow(by: unit.size)
            return overflow ? nil : amount
        }

        /// The amount in the largest unit that measures it exactly.
        func print(_ amount: Int64) -> String {
            let exact = units.first { amount.isMultiple(of: $0.size) && amount >= $0.size }
            guard let unit = exact ?? units.last else { return "\(amount)" }
            return "\(amount / unit.size)\(unit.name)"
        }
    }
}
