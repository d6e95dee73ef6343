#if PLANTED_BUGS
internal import MeshCheck
internal import MeshCommandLine
internal import MeshCore
internal import MeshSimulation

/// Switches each planted bug on in turn, and looks for it.
enum HuntCommand {
    private static let seeds = Option<Int>(
        "seeds",
        as: .within(1...1_000_000),
        default: 2_000,
        "How many seeds each bug is given."
    )
    private static let bug = Option<String>("bug", default: "all", "The only bug to hunt, by its name.")

    static let command = Command(
        "hunt",
        summary: "Look for each of the bugs that were planted in this build.",
        discussion: "Exit status 1 when a bug was not found, or when a world breaks without any.",
        parameters: [seeds, bug]
    ) { invocation in
        let wanted = invocation[bug]
        var missed = 0
        for bug in PlantedBug.allCases where wanted == "all" || wanted == bug.rawValue {
            let line = Self.line(for: bug, seeds: invocation[seeds])
            if line == nil { missed += 1 }
            let name = bug.rawValue + String(repeating: " ", count: max(1, 26 - bug.rawValue.utf8.count))
            try invocation.terminal.writeLine(name + (line ?? "NOT FOUND in \(invocation[seeds]) seeds"))
        }
        return missed == 0 ? .success : .failure
    }

    private static func line(for bug: PlantedBug, seeds: Int) -> String? {
        PlantedBug.plant(bug)
        defer { PlantedBug.plant(nil) }
        for seed in 1...UInt64(seeds) {
            if let violation = violation(of: bug, seed: seed) { return "seed \(seed): \(violation)" }
        }
        return nil
    }

    /// What the world breaks in which the bug can show.
    private static func violation(of bug: PlantedBug, seed: UInt64) -> Violation? {
        if bug.isInTunnel { return TunnelWorld.run(seed: seed).violation }
        if bug.isInEscalation { return EscalationWorld.run(seed: seed).violation }
        if bug.isInLedger { return LedgerWorld.run(seed: seed).violation }
        return World.run(seed: seed) { ShippedNode($0) }.violation
    }
}
#endif
