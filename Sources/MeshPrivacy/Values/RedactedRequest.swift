package import MeshChat

/// A request all of whose texts are redacted.
///
/// Only this module makes it, as it does ``RedactedText``.
package struct RedactedRequest: Hashable, Sendable {
    /// The request, for whoever sends it on.
    package let request: ChatRequest

    /// What was found in it.
    package let report: RedactionReport

    init(redacted request: ChatRequest, report: RedactionReport) {
        self.request = request
        self.report = report
    }

    /// The same with ``Redactor/instruction`` at the end of its system, where anything in it has been replaced: a model
    /// that is not told what placeholders are, rewrites them.
    ///
    /// It is the last part, so that what a client wants kept ready before it stays as it is.
    package var instructed: RedactedRequest {
        guard report.total > 0 else { return self }
        let instruction = ChatPart.text(Redactor.instruction.text)
        guard request.system.last != instruction else { return self }
        var request = request
        request.system.append(instruction)
        return RedactedRequest(redacted: request, report: report)
    }

    /// For the hub's decoder of what came through the tunnel alone, where an edge has redacted it.
    package init(receivedThroughTunnel request: ChatRequest) {
        self.request = request
        report = RedactionReport()
    }
}

extension RedactedRequest: CustomStringConvertible, CustomReflectable {
    package var description: String { "a redacted request of \(request.messages.count) messages" }

    /// Empty, so that no dump shows it.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// What redacting has found, in counts.
package struct RedactionReport: Hashable, Sendable {
    /// How many pieces of each kind have been replaced.
    package private(set) var counts: [PersonalKind: Int] = [:]

    /// Pictures and sealed bytes, which nobody here can look into.
    package internal(set) var unsearched = 0

    /// Nothing found.
    package init() {}

    /// How many pieces have been replaced in all.
    package var total: Int { counts.values.reduce(0, +) }

    /// Always false: rules find what looks like personal data, and nobody can promise that nothing else is.
    package var isComplete: Bool { false }

    /// What was found in both.
    package static func + (left: RedactionReport, right: RedactionReport) -> RedactionReport {
        var sum = left
        sum.counts.merge(right.counts, uniquingKeysWith: +)
        sum.unsearched += right.unsearched
        return sum
    }

    mutating func count(_ kind: PersonalKind) { counts[kind, default: 0] += 1 }
}
