/// What is counted in a world of questions.
package struct EscalationFigures: SeededFigures {
    /// Whole answers that askers were told.
    package private(set) var whole = 0

    /// Errors that they were told, by their names.
    package private(set) var failures: [String: Int] = [:]

    /// Askers that left.
    package private(set) var left = 0

    /// Runs that were asked for again.
    package private(set) var again = 0

    /// Bytes of words that askers have.
    package private(set) var bytes = 0

    /// Calls that were settled.
    package private(set) var settled = 0

    /// Calls that were voided.
    package private(set) var voided = 0

    /// Nothing yet.
    package init() {}

    init(_ counts: EscalationHistory.Counts, _ ended: (settled: Int, voided: Int)) {
        (whole, failures, left) = (counts.whole, counts.failures, counts.left)
        (again, bytes) = (counts.again, counts.bytes)
        (settled, voided) = ended
    }

    package mutating func add(_ other: EscalationFigures) {
        whole += other.whole
        left += other.left
        again += other.again
        bytes += other.bytes
        settled += other.settled
        voided += other.voided
        for (name, count) in other.failures { failures[name, default: 0] += count }
    }

    package func lines(events: Int) -> [String] {
        let errors = told.map { "\($0.name) \($0.count)" }.joined(separator: ", ")
        return [
            "whole answers: \(whole), \(bytes) bytes of words; left \(left); asked again \(again)",
            "errors: \(errors.isEmpty ? "none" : errors)",
            "calls settled \(settled), voided \(voided); \(events) events checked",
        ]
    }

    package var fields: [JSONField] {
        [
            JSONField("whole", whole), JSONField("bytes", bytes), JSONField("left", left), JSONField("again", again),
            JSONField("settled", settled), JSONField("voided", voided), JSONField("errors", counts: told),
        ]
    }

    private var told: [(name: String, count: Int)] { failures.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
}
