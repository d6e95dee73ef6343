internal import CMeshAllocations

/// What one operation cost in one round.
struct Cost {
    /// Wall time of one operation, in nanoseconds.
    let nanoseconds: Double

    /// Allocations of one operation, exact where it always makes the same number.
    let allocations: Double

    /// Runs `operation` as often as `iterations` says and divides.
    static func measure(iterations: Int, _ operation: () throws -> Int) rethrows -> Cost {
        for _ in 0..<max(1, iterations / 10) { keep(try operation()) }
        let clock = ContinuousClock()
        let allocationsBefore = cmesh_allocation_count()
        let start = clock.now
        for _ in 0..<iterations { keep(try operation()) }
        let elapsed = clock.now - start
        let allocations = cmesh_allocation_count() - allocationsBefore
        return Cost(
            nanoseconds: elapsed / .nanoseconds(1) / Double(iterations),
            allocations: Double(allocations) / Double(iterations)
        )
    }

    /// Keeps the optimiser from dropping work whose result nobody uses.
    @inline(never)
    private static func keep(_ value: Int) { withExtendedLifetime(value) {} }
}

/// One figure over several rounds.
struct Spread {
    let median: Double
    let lowest: Double
    let highest: Double

    init(_ values: [Double]) {
        let sorted = values.sorted()
        precondition(!sorted.isEmpty, "no round was measured")
        median = sorted[sorted.count / 2]
        lowest = sorted[0]
        highest = sorted[sorted.count - 1]
    }
}
