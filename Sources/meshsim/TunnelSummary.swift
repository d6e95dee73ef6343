internal import MeshCheck
internal import MeshCore
internal import MeshSimulation

/// What many worlds of tunnels came to.
struct TunnelSummary {
    private(set) var seedCount = 0
    private(set) var virtualTime = Duration.zero
    private(set) var faults: [TunnelFault: Int] = [:]
    private(set) var connections = UInt64(0)
    private(set) var reconnects = UInt64(0)
    private(set) var replacements = UInt64(0)
    private(set) var longestRecovery = Duration.zero
    private(set) var mostDials = 0
    private(set) var eventCount = 0
    private(set) var failure: TunnelReport?

    /// What the machine's clock says it took.
    var realTime = Duration.zero

    mutating func add(_ report: TunnelReport) {
        seedCount += 1
        virtualTime += report.virtualTime
        eventCount += report.eventCount
        connections += report.connections
        reconnects += report.reconnects
        replacements += report.replacements
        longestRecovery = max(longestRecovery, report.recovery)
        mostDials = max(mostDials, report.mostDials)
        for (fault, count) in report.faults { faults[fault, default: 0] += count }
        if report.violation != nil { failure = report }
    }

    var text: String {
        let happened = TunnelFault.allCases.compactMap { fault in faults[fault].map { "\(fault.rawValue) \($0)" } }
        var lines = [
            "\(seedCount) seeds in \(realTime.shortText), \(virtualTime.shortText) of virtual time",
            "links: \(connections), after a loss \(reconnects), in place of another \(replacements); "
                + "\(eventCount) events checked",
            "longest recovery \(longestRecovery.shortText); most dials of a herd of \(Limits.TunnelWorld.herd) "
                + "in a second: \(mostDials)",
            "faults: \(happened.isEmpty ? "none" : happened.joined(separator: ", "))",
        ]
        if let failure { lines.append(Self.story(of: failure)) }
        return lines.joined(separator: "\n")
    }

    var json: String {
        let happened = TunnelFault.allCases.compactMap { fault in faults[fault].map { "\"\(fault.rawValue)\":\($0)" } }
        var fields = [
            "\"seeds\":\(seedCount)", "\"milliseconds\":\(realTime.wholeNanoseconds / 1_000_000)",
            "\"virtual_seconds\":\(virtualTime.components.seconds)", "\"links\":\(connections)",
            "\"reconnects\":\(reconnects)", "\"replacements\":\(replacements)", "\"events\":\(eventCount)",
            "\"longest_recovery_ms\":\(longestRecovery.wholeNanoseconds / 1_000_000)",
            "\"most_dials_a_second\":\(mostDials)", "\"faults\":{\(happened.joined(separator: ","))}",
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
    static func story(of report: TunnelReport) -> String {
        let plan = report.plan
        let faults = TunnelFault.allCases.filter(plan.faults.contains).map(\.rawValue).joined(separator: ", ")
        var lines = [
            "seed \(plan.seed): \(plan.hubCount) hubs, \(plan.edgeCount) edges, \(plan.attempts) attempts; "
                + "faults: \(faults)",
            "    \(report.steps) steps, trace \(String(report.traceHash, radix: 16))",
        ]
        lines += report.notes.map { "    \($0)" }
        if let violation = report.violation { lines += ["FAILED \(violation)", "replay: \(report.replayLine)"] }
        return lines.joined(separator: "\n")
    }
}
