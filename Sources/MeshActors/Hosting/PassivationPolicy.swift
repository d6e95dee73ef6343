package import MeshCore

/// A resident as the caretaker sees it.
package struct PassivationCandidate: Hashable, Sendable {
    /// Which.
    package let address: ActorAddress

    /// When its last call began or ended.
    package let lastUsed: Instant

    /// What it weighs, as it says itself.
    package let bytes: Int

    /// Whether nobody calls it and it has no work of its own.
    package let isUnused: Bool

    /// The resident `address`.
    package init(_ address: ActorAddress, lastUsed: Instant, bytes: Int, isUnused: Bool) {
        self.address = address
        self.lastUsed = lastUsed
        self.bytes = bytes
        self.isUnused = isUnused
    }
}

/// Who shall leave: residents that nobody has called for a while, and beyond the budget the least recently used.
package struct PassivationPolicy: Hashable, Sendable {
    /// How long a resident stays without a call.
    package let idleTime: Duration

    /// How much all residents together may take, as they report it.
    package let memoryBudget: Int

    /// What shall be left of them where they take more than that.
    package let memoryGoal: Int

    /// A policy of these; the goal is the budget if nothing else is said.
    package init(idleTime: Duration, memoryBudget: Int, memoryGoal: Int? = nil) {
        self.idleTime = idleTime
        self.memoryBudget = memoryBudget
        self.memoryGoal = memoryGoal ?? memoryBudget
    }

    /// Whether three quarters of the budget are used.
    package func isCrowded(_ candidates: [PassivationCandidate], arriving: Int = 0) -> Bool {
        candidates.reduce(arriving) { $0 + $1.bytes } > memoryBudget / 4 * 3
    }

    /// The residents that shall leave at `now`, those who leave first in front; those on their way weigh `arriving`.
    package func leavers(
        among candidates: [PassivationCandidate],
        arriving: Int = 0,
        now: Instant
    ) -> [ActorAddress] {
        var total = candidates.reduce(arriving) { $0 + $1.bytes }
        let byAge = candidates.filter(\.isUnused).sorted { left, right in
            left.lastUsed == right.lastUsed ? left.address < right.address : left.lastUsed < right.lastUsed
        }
        let goal = total > memoryBudget ? memoryGoal : total
        var leavers: [ActorAddress] = []
        for candidate in byAge where now - candidate.lastUsed >= idleTime || total > goal {
            leavers.append(candidate.address)
            total -= candidate.bytes
        }
        return leavers
    }
}
