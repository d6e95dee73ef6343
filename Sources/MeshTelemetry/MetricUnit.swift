/// What a metric counts; the name of the metric ends with it.
package enum MetricUnit: String, Hashable, Sendable {
    /// Things.
    case count = ""
    /// Bytes.
    case bytes
    /// Time. Values are nanoseconds, so that nothing is rounded before it is shown.
    case seconds

    /// How many decimal places of a value stand behind the point.
    private var decimals: Int { self == .seconds ? 9 : 0 }

    /// `value` as text: exact, without zeros at the end.
    func append(_ value: Int64, to text: inout [UInt8]) {
        guard decimals > 0 else { return text.append(contentsOf: "\(value)".utf8) }
        var digits = Array("\(value.magnitude)".utf8)
        if digits.count <= decimals {
            digits.insert(contentsOf: repeatElement(UInt8(ascii: "0"), count: decimals + 1 - digits.count), at: 0)
        }
        var fraction = digits.suffix(decimals)
        while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        if value < 0 { text.append(UInt8(ascii: "-")) }
        text.append(contentsOf: digits.dropLast(decimals))
        guard !fraction.isEmpty else { return }
        text.append(UInt8(ascii: "."))
        text.append(contentsOf: fraction)
    }
}
