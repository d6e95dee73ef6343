internal import MeshCore

/// Metrics as Prometheus reads them: the text format 0.0.4, the same bytes for the same values.
package enum PrometheusText {
    /// What `content-type` says of it.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All metrics of `registry`; one without values is left out.
    package static func encode(_ registry: MetricRegistry) -> [UInt8] {
        var text: [UInt8] = []
        for source in registry.sources { append(source, to: &text) }
        return text
    }

    private static func append(_ source: MetricRegistry.Source, to text: inout [UInt8]) {
        let description = source.description
        switch source {
        case .family(let family):
            let all = family.all
            guard !all.isEmpty else { return }
            appendHead(description, to: &text)
            for (values, series) in all {
                let labels = labels(description.labels, values)
                switch series {
                case .counter(let counter): appendLine(description, labels, counter.value, to: &text)
                case .gauge(let gauge): appendLine(description, labels, gauge.value, to: &text)
                case .histogram(let histogram):
                    let (ends, counts) = (histogram.ladder.bounds, histogram.cumulativeCounts)
                    append(ends, counts, histogram.sum, description, labels, to: &text)
                }
            }
        case .collected(_, let read):
            let fitting = read().filter { $0.values.count == description.labels.count }
            let samples = fitting.prefix(Limits.Telemetry.maximumSeries)
            guard !samples.isEmpty else { return }
            appendHead(description, to: &text)
            for sample in samples.sorted(by: { $0.values.lexicographicallyPrecedes($1.values) }) {
                appendLine(description, labels(description.labels, sample.values), sample.value, to: &text)
            }
        case .spread(_, let read):
            let fitting = read().filter { $0.values.count == description.labels.count }
            guard !fitting.isEmpty else { return }
            appendHead(description, to: &text)
            let spreads = fitting.prefix(Limits.Telemetry.maximumSeries)
            for spread in spreads.sorted(by: { $0.values.lexicographicallyPrecedes($1.values) }) {
                let (labels, found) = (labels(description.labels, spread.values), spread.distribution)
                append(found.ladder.ends, found.cumulativeCounts, found.sum, description, labels, to: &text)
            }
        }
    }

    private static func appendHead(_ description: MetricDescription, to text: inout [UInt8]) {
        text += "# HELP \(description.name) \(escapeHelp(description.help))\n".utf8
        text += "# TYPE \(description.name) \(description.kind.rawValue)\n".utf8
    }

    private static func appendLine(
        _ description: MetricDescription,
        _ labels: String,
        _ value: Int64,
        to text: inout [UInt8]
    ) {
        text += description.name.utf8
        if !labels.isEmpty { text += "{\(labels)}".utf8 }
        text.append(UInt8(ascii: " "))
        description.unit.append(value, to: &text)
        text.append(UInt8(ascii: "\n"))
    }

    private static func append(
        _ ends: [Int64],
        _ counts: [Int64],
        _ sum: Int64,
        _ description: MetricDescription,
        _ labels: String,
        to text: inout [UInt8]
    ) {
        let before = labels.isEmpty ? "" : labels + ","
        for (index, count) in counts.enumerated() {
            text += "\(description.name)_bucket{\(before)le=\"".utf8
            if index < ends.count {
                description.unit.append(ends[index], to: &text)
            } else {
                text += "+Inf".utf8
            }
            text += "\"} \(count)\n".utf8
        }
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        text += "\(description.name)_sum\(braces) ".utf8
        description.unit.append(sum, to: &text)
        text += "\n\(description.name)_count\(braces) \(counts.last ?? 0)\n".utf8
    }

    private static func labels(_ names: [String], _ values: [String]) -> String {
        zip(names, values).map { name, value in
            "\(name)=\"\(escapeValue(value.cut(toBytes: Limits.Telemetry.maximumLabelBytes)))\""
        }
        .joined(separator: ",")
    }

    private static func escapeHelp(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "\\": escaped += "\\\\"
            case "\n", "\r\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
    }

    /// Other controls than a line end have no escape; they become a question mark, for they could hide a series.
    private static func escapeValue(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            case let control where JSONText.mustEscape(control): escaped += "?"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
