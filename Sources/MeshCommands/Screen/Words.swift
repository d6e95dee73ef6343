/// Figures as people read them.
package enum Words {
    /// How long: `0.4s`, `12s`, `5m02s`, `3h20m`, `12d4h`; below zero with a minus.
    package static func time(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e12 else { return "?" }
        let magnitude = abs(seconds)
        let sign = seconds < 0 ? "-" : ""
        if magnitude < 9.95 { return sign + tenths(magnitude) + "s" }
        let whole = Int64(magnitude.rounded())
        switch whole {
        case ..<60: return "\(sign)\(whole)s"
        case ..<3_600: return sign + pair(whole / 60, "m", whole % 60, "s", digits: 2)
        case ..<86_400: return sign + pair(whole / 3_600, "h", whole / 60 % 60, "m", digits: 2)
        default: return sign + pair(whole / 86_400, "d", whole / 3_600 % 24, "h", digits: 1)
        }
    }

    /// The same in whole seconds and coarser, for tables that are looked at again: `3s`, `5m`, `3h`, `12d`.
    package static func coarse(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e12 else { return "?" }
        let whole = Int64(max(0, seconds))
        switch whole {
        case ..<120: return "\(whole)s"
        case ..<7_200: return "\(whole / 60)m"
        case ..<172_800: return "\(whole / 3_600)h"
        default: return "\(whole / 86_400)d"
        }
    }

    /// A time of packets: `0.21 ms`, `12 ms`.
    package static func milliseconds(_ milliseconds: Double) -> String {
        guard milliseconds.isFinite, milliseconds >= 0, milliseconds < 1e9 else { return "?" }
        if milliseconds < 0.995 { return hundredths(milliseconds) + " ms" }
        if milliseconds < 9.95 { return tenths(milliseconds) + " ms" }
        return "\(Int64(milliseconds.rounded())) ms"
    }

    /// A part of a whole: `12 %`.
    package static func percent(_ part: Double) -> String {
        guard part.isFinite, (0...1).contains(part) else { return "?" }
        return "\(Int((part * 100).rounded())) %"
    }

    /// Bytes: `512 B`, `3.1 GiB`.
    package static func bytes(_ count: UInt64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
        guard count >= 1_024 else { return "\(count) B" }
        var value = Double(count) / 1_024
        var unit = 0
        while value >= 1_023.95, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        return "\(tenths(value)) \(units[unit])"
    }

    /// A moment without its fractions: `2026-11-21 08:15:00 UTC`; another text as it is.
    package static func moment(_ text: String) -> String {
        guard text.utf8.count == 24, text.hasSuffix("Z") else { return text }
        let seconds = text.prefix(19)
        return seconds.replacing("T", with: " ") + " UTC"
    }

    /// `1 edge`, `2 edges`.
    package static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// Ten signs of which as many are full as `part` says.
    package static func meter(_ part: Double) -> String {
        guard part.isFinite else { return "" }
        let full = Int((min(1, max(0, part)) * 10).rounded())
        return String(repeating: "■", count: full) + String(repeating: "□", count: 10 - full)
    }

    private static func tenths(_ value: Double) -> String {
        let scaled = Int64((value * 10).rounded())
        return "\(scaled / 10).\(scaled % 10)"
    }

    private static func hundredths(_ value: Double) -> String {
        let scaled = Int64((value * 100).rounded())
        return "\(scaled / 100)." + (scaled % 100 < 10 ? "0" : "") + "\(scaled % 100)"
    }

    private static func pair(_ large: Int64, _ unit: String, _ small: Int64, _ lesser: String, digits: Int) -> String {
        let text = String(small)
        let padding = String(repeating: "0", count: max(0, digits - text.count))
        return small == 0 ? "\(large)\(unit)" : "\(large)\(unit)\(padding)\(text)\(lesser)"
    }
}
