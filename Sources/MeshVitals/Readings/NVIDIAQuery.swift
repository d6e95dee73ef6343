internal import MeshCore

/// What is asked of `nvidia-smi`, and how its answer is read.
package enum NVIDIAQuery {
    /// The program and its arguments.
    package static let words = [
        "nvidia-smi", "--query-gpu=name,utilization.gpu,memory.total,memory.used,temperature.gpu",
        "--format=csv,noheader,nounits",
    ]

    /// The cards that `output` tells of; what a card does not tell, as in `[N/A]`, is absent.
    package static func cards(in output: [UInt8]) -> [GraphicsVitals] {
        let text = String(decoding: output.prefix(Limits.Vitals.maximumFileBytes), as: UTF8.self)
        return text.utf8.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
            .compactMap { card(in: Substring($0)) }
    }

    /// Numbers stand at the end of a line, for a name may hold a comma; sentences in place of an answer are no card.
    private static func card(in line: Substring) -> GraphicsVitals? {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
        guard fields.count >= 5 else { return nil }
        let numbers = fields.suffix(4).map { Double($0).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil } }
        guard numbers.contains(where: { $0 != nil }) else { return nil }
        var card = GraphicsVitals(name: fields.dropLast(4).joined(separator: ", "))
        card.load = numbers[0].flatMap { $0 <= 100 ? $0 / 100 : nil }
        card.memoryTotalBytes = bytes(ofMebibytes: numbers[1])
        card.memoryUsedBytes = bytes(ofMebibytes: numbers[2])
        card.temperatureCelsius = numbers[3].flatMap { $0 > 0 && $0 < 126 ? $0 : nil }
        return card
    }

    private static func trimmed(_ field: Substring) -> String {
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var bytes = field.utf8
        bytes = bytes.drop(while: isBlank)
        while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
        return String(Substring(bytes))
    }

    private static func bytes(ofMebibytes count: Double?) -> UInt64? {
        count.flatMap { UInt64(exactly: $0.rounded()) }?.times(1_024 * 1_024)
    }
}
