internal import MeshCore

/// What all residents of a node weigh together, kept as they come, grow and go: who comes need not wait for a sweep.
final class MemoryUse: Sendable {
    private struct State {
        var used = 0
        var budget: Int
    }

    private let state: Lock<State>

    /// Raised when there is no room within the budget: somebody shall leave now.
    let pressure = Signal()

    init(budget: Int) { state = Lock(State(budget: budget)) }

    /// What residents may take from now on.
    func allow(_ budget: Int) { state.withLock { $0.budget = budget } }

    /// Whether one more may come.
    ///
    /// Beyond the budget it may while those that leave make room, by as much as ``Limits/Hosting/slackBytes`` and an
    /// eighth.
    func hasRoom() -> Bool {
        let (used, budget) = state.withLock { ($0.used + Limits.Hosting.arrivingBytes, $0.budget) }
        if used > budget { pressure.raise() }
        return used <= budget + budget / 8 + Limits.Hosting.slackBytes
    }

    fileprivate func add(_ bytes: Int) { state.withLock { $0.used += bytes } }
}

/// How much a resident weighs and whether it has work of its own, for the caretaker to read.
final class ActivityMeter: Sendable {
    private let reading = Lock((bytes: Limits.Hosting.arrivingBytes, isBusy: false, isOpen: true))
    private let memory: MemoryUse

    init(_ memory: MemoryUse) {
        self.memory = memory
        memory.add(Limits.Hosting.arrivingBytes)
    }

    var current: (bytes: Int, isBusy: Bool) { reading.withLock { ($0.bytes, $0.isBusy) } }

    /// The value, with all that is remembered, weighs `bytes`; what the stay itself takes is added.
    func report(bytes: Int, isBusy: Bool) {
        let added = reading.withLock { reading -> Int in
            guard reading.isOpen else { return 0 }
            let added = bytes + Limits.Hosting.residentBytes - reading.bytes
            reading.bytes += added
            reading.isBusy = isBusy
            return added
        }
        if added != 0 { memory.add(added) }
    }

    /// Nothing is left of the stay.
    func close() {
        let freed = reading.withLock { reading -> Int in
            defer { reading.isOpen = false }
            return reading.isOpen ? reading.bytes : 0
        }
        if freed > 0 { memory.add(-freed) }
    }
}

extension Limits.Hosting {
    /// What is assumed of a resident before it says what it weighs.
    static var arrivingBytes: Int { residentBytes + assumedBytes }
}
