internal import MeshCore

/// A text of the kernel: lines of words.
///
/// Any bytes make one: what is no UTF-8 becomes replacement characters, which no number holds.
struct KernelText {
    /// The words of each line that has any.
    let lines: [[String]]

    init(_ bytes: [UInt8]) {
        let text = String(decoding: bytes.prefix(Limits.Vitals.maximumFileBytes), as: UTF8.self)
        lines = text.utf8.split(separator: UInt8(ascii: "\n"))
            .map { line in
                line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
                    .map { String(Substring($0)) }
            }
            .filter { !$0.isEmpty }
    }

    /// The words behind `name`, which begins a line.
    func words(behind name: String) -> ArraySlice<String>? { lines.first { $0.first == name }?.dropFirst() }

    /// The first number behind `name`.
    func unsigned(behind name: String) -> UInt64? { words(behind: name)?.first.flatMap { UInt64($0) } }
}

extension UInt64 {
    /// The product, or nil where it has no room.
    func times(_ factor: UInt64) -> UInt64? {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    /// The sum; at the end of the numbers it stops.
    func plus(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    /// The difference; at zero it stops.
    func minus(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
