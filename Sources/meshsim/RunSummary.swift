internal import MeshCheck
internal import MeshCore
internal import MeshSimulation

/// What many worlds came to.
struct RunSummary {
    private(set) var seedCount = 0
    private(set) var virtualTime = Duration.zero
    private(set) var faults: [WorldFault: Int] = [:]
    private(set) var calls = CallCounts()
    private(set) var eventCount = 0
    private(set) var failure: WorldReport?

    /// What the machine's clock says it took.
    var realTime = Duration.zero

    mutating func add(_ report: WorldReport) {
        seedCount += 1
        virtualTime += report.virtualTime
        eventCount += report.eventCount
        calls.calls += report.calls.calls
        calls.answered += report.calls.answered
        calls.refused += report.calls.refused
        calls.open += report.calls.open
        calls.repeated += report.calls.repeated
        for (fault, count) in report.faults { faults[fault, default: 0] += count }
        if report.violation != nil { failure = report }
    }

    var text: String {
        let happened = WorldFault.allCases.compactMap { fault in faults[fault].map { "\(fault.rawValue) \($0)" } }
        var lines = [
            "\(seedCount) seeds in \(realTime.shortText), \(hundredths(seedCount * 100, per: seconds)) a second",
            "\(virtualTime.shortText) of virtual time, \(hoursPerHour) virtual hours per real hour",
            "calls: \(calls.calls), answered \(calls.answered), refused \(calls.refused), open \(calls.open), "
                + "repeated \(calls.repeated); \(eventCount) events checked",
            "faults: \(happened.isEmpty ? "none" : happened.joined(separator: ", "))",
        ]
        if let failure { lines.append(Self.story(of: failure)) }
        return lines.joined(separator: "\n")
    }

    var json: String {
        let happened = WorldFault.allCases.compactMap { fault in faults[fault].map { "\"\(fault.rawValue)\":\($0)" } }
        var fields = [
            "\"seeds\":\(seedCount)", "\"milliseconds\":\(milliseconds)",
            "\"virtual_seconds\":\(virtualTime.components.seconds)", "\"calls\":\(calls.calls)",
            "\"answered\":\(calls.answered)", "\"refused\":\(calls.refused)", "\"open\":\(calls.open)",
            "\"events\":\(eventCount)", "\"faults\":{\(happened.joined(separator: ","))}",
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
    static func story(of report: WorldReport) -> String {
        let plan = report.plan
        let faults = WorldFault.allCases.filter(plan.faults.contains).map(\.rawValue).joined(separator: ", ")
        let store = plan.isShared ? "a shared store" : "a disk"
        let head = "seed \(plan.seed): \(plan.hubCount) hubs on \(store), \(plan.edgeCount) edges, "
        var lines = [
            head + "\(plan.accountCount) accounts, \(plan.clientCount) clients; faults: \(faults)",
            "    \(report.steps) steps, trace \(String(report.traceHash, radix: 16))",
        ]
        lines += report.notes.map { "    \($0)" }
        if let violation = report.violation { lines += ["FAILED \(violation)", "replay: \(report.replayLine)"] }
        return lines.joined(separator: "\n")
    }

    private var milliseconds: Int { Int(realTime.wholeNanoseconds / 1_000_000) }
    private var seconds: Int { max(1, milliseconds) / 10 }

    private var hoursPerHour: Int { Int(virtualTime.components.seconds) * 1_000 / max(1, milliseconds) }

    /// `count` hundredths for each of `parts` hundredths of a second, with one decimal.
    private func hundredths(_ count: Int, per parts: Int) -> String {
        let tenths = count * 10 / max(1, parts)
        return "\(tenths / 10).\(tenths % 10)"
    }
}
