internal import MeshCheck
internal import MeshCore
internal import MeshSimulation

/// What many worlds of questions came to.
struct EscalationSummary {
    private(set) var seedCount = 0
    private(set) var virtualTime = Duration.zero
    private(set) var faults: [EscalationFault: Int] = [:]
    private(set) var whole = 0
    private(set) var failures: [String: Int] = [:]
    private(set) var left = 0
    private(set) var again = 0
    private(set) var bytes = 0
    private(set) var settled = 0
    private(set) var voided = 0
    private(set) var eventCount = 0
    private(set) var failure: EscalationReport?

    /// What the machine's clock says it took.
    var realTime = Duration.zero

    mutating func add(_ report: EscalationReport) {
        seedCount += 1
        virtualTime += report.virtualTime
        eventCount += report.eventCount
        whole += report.whole
        left += report.left
        again += report.again
        bytes += report.bytes
        settled += report.settled
        voided += report.voided
        for (fault, count) in report.faults { faults[fault, default: 0] += count }
        for (name, count) in report.failures { failures[name, default: 0] += count }
        if report.violation != nil { failure = report }
    }

    private var told: [(name: String, count: Int)] { failures.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    var text: String {
        let happened = EscalationFault.allCases.compactMap { fault in faults[fault].map { "\(fault.rawValue) \($0)" } }
        let errors = told.map { "\($0.name) \($0.count)" }.joined(separator: ", ")
        var lines = [
            "\(seedCount) seeds in \(realTime.shortText), \(virtualTime.shortText) of virtual time",
            "whole answers: \(whole), \(bytes) bytes of words; left \(left); asked again \(again)",
            "errors: \(errors.isEmpty ? "none" : errors)",
            "calls settled \(settled), voided \(voided); \(eventCount) events checked",
            "faults: \(happened.isEmpty ? "none" : happened.joined(separator: ", "))",
        ]
        if let failure { lines.append(Self.story(of: failure)) }
        return lines.joined(separator: "\n")
    }

    var json: String {
        let happened = EscalationFault.allCases.compactMap { fault in
            faults[fault].map { "\"\(fault.rawValue)\":\($0)" }
        }
        let errors = told.map { "\"\($0.name)\":\($0.count)" }
        var fields = [
            "\"seeds\":\(seedCount)", "\"milliseconds\":\(realTime.wholeNanoseconds / 1_000_000)",
            "\"virtual_seconds\":\(virtualTime.components.seconds)", "\"whole\":\(whole)", "\"bytes\":\(bytes)",
            "\"left\":\(left)", "\"again\":\(again)", "\"settled\":\(settled)", "\"voided\":\(voided)",
            "\"events\":\(eventCount)", "\"errors\":{\(errors.joined(separator: ","))}",
            "\"faults\":{\(happened.joined(separator: ","))}",
        ]
        if let failure, let violation = failure.violation {
            fields += [
                "\"failed_seed\":\(failure.plan.seed)", "\"checker\":\(JSONText.quoted(violation.checker))",
                "\"message\":\(JSONText.quoted(violation.message))",
                "\"replay\":\(JSONText.quoted(failure.replayLine))",
            ]
        }
        return "{\(fields.joined(separator: ","))}"
    }

    /// What happened in one world, the replay line last.
    static func story(of report: EscalationReport) -> String {
        let plan = report.plan
        let faults = EscalationFault.allCases.filter(plan.faults.contains).map(\.rawValue).joined(separator: ", ")
        var lines = [
            "seed \(plan.seed): \(plan.edgeCount) edges, \(report.whole) whole answers; faults: \(faults)",
            "    \(report.steps) steps, trace \(String(report.traceHash, radix: 16))",
        ]
        lines += report.notes.map { "    \($0)" }
        if let violation = report.violation { lines += ["FAILED \(violation)", "replay: \(report.replayLine)"] }
        return lines.joined(separator: "\n")
    }
}
