package import MeshCheck
internal import MeshCore
internal import MeshTestKit

/// What became of one world, of whichever sort.
package struct SeededReport<Plan: SeededPlan>: Sendable {
    /// What its seed had decided.
    package let plan: Plan

    /// The first promise that was broken, if one was.
    package var violation: Violation?

    /// Faults that happened.
    package var faults: [Plan.Fault: Int] = [:]

    /// What was counted.
    package var figures = Plan.Figures()

    /// How long it lasted on its own clock.
    package var virtualTime = Duration.zero

    /// How many jobs ran.
    package var steps = 0

    /// How many things were checked.
    package var eventCount = 0

    /// The mark by which a run is recognised.
    package var traceHash: UInt64 = 0

    /// The last notes, where a promise was broken.
    package var notes: [String] = []

    /// The line that runs it again.
    package var replayLine: String { "meshsim \(Plan.command) --first-seed \(plan.seed) --seeds 1" }

    /// Of a world that has not begun.
    init(plan: Plan) { self.plan = plan }

    /// Runs the world of `plan` to its end; one that takes more than `maximumSteps` jobs is broken.
    init(
        running plan: Plan,
        maximumSteps: Int,
        _ body: @escaping @Sendable (Plan, SeededWorld) async throws -> SeededReport
    ) {
        self.init(plan: plan)
        do throws(SeededRunError) {
            let outcome = try SeededRun.run(seed: plan.seed, maximumSteps: maximumSteps) { world in
                try await body(plan, world)
            }
            switch outcome.result {
            case .success(let inner): self = inner
            case .failure(let error): violation = Violation("run", "\(error)")
            }
            steps = outcome.steps
            virtualTime = outcome.virtualTime
            traceHash = outcome.traceHash
        } catch {
            violation = Violation("run", error.description)
        }
    }

    /// What happened, the replay line last.
    package var story: String {
        let words = Plan.Fault.allCases.filter(plan.faults.contains).map(\.rawValue).joined(separator: ", ")
        var lines = [
            "seed \(plan.seed): \(plan.cast); faults: \(words.isEmpty ? "none" : words)",
            "    \(steps) steps, trace \(String(traceHash, radix: 16))",
        ]
        lines += notes.map { "    \($0)" }
        if let violation { lines += ["FAILED \(violation)", "replay: \(replayLine)"] }
        return lines.joined(separator: "\n")
    }
}

/// What many worlds of one sort came to.
package struct SeededSummary<Plan: SeededPlan>: Sendable {
    private var seedCount = 0
    private var virtualTime = Duration.zero
    private var faults: [Plan.Fault: Int] = [:]
    private var figures = Plan.Figures()
    private var eventCount = 0

    /// The world in which a promise was broken.
    package private(set) var failure: SeededReport<Plan>?

    /// What the machine's clock says it took.
    package var realTime = Duration.zero

    /// Of no world yet.
    package init() {}

    /// Takes in one world more.
    package mutating func add(_ report: SeededReport<Plan>) {
        seedCount += 1
        virtualTime += report.virtualTime
        eventCount += report.eventCount
        figures.add(report.figures)
        for (fault, count) in report.faults { faults[fault, default: 0] += count }
        if report.violation != nil { failure = report }
    }

    /// For people.
    package var text: String {
        let words = happened.map { "\($0.name) \($0.count)" }
        var lines = ["\(seedCount) seeds in \(realTime.shortText), \(seedsPerSecond) a second"]
        lines.append("\(virtualTime.shortText) of virtual time, \(hoursPerHour) virtual hours per real hour")
        lines += figures.lines(events: eventCount)
        lines.append("faults: \(words.isEmpty ? "none" : words.joined(separator: ", "))")
        if let failure { lines.append(failure.story) }
        return lines.joined(separator: "\n")
    }

    /// One JSON object.
    package var json: String {
        var fields = [
            JSONField("seeds", seedCount), JSONField("milliseconds", milliseconds),
            JSONField("virtual_seconds", virtualTime.components.seconds),
        ]
        fields += figures.fields
        fields += [JSONField("events", eventCount), JSONField("faults", counts: happened)]
        if let failure, let violation = failure.violation {
            fields += [
                JSONField("failed_seed", failure.plan.seed), JSONField("checker", text: violation.checker),
                JSONField("message", text: violation.message), JSONField("replay", text: failure.replayLine),
            ]
        }
        return "{\(fields.map(\.text).joined(separator: ","))}"
    }

    private var happened: [(name: String, count: Int)] {
        Plan.Fault.allCases.compactMap { fault in faults[fault].map { (fault.rawValue, $0) } }
    }

    private var milliseconds: Int { Int(realTime.wholeNanoseconds / 1_000_000) }

    private var hoursPerHour: Int { Int(virtualTime.components.seconds) * 1_000 / max(1, milliseconds) }

    /// With one decimal.
    private var seedsPerSecond: String {
        let tenths = seedCount * 10_000 / max(1, milliseconds)
        return "\(tenths / 10).\(tenths % 10)"
    }
}
