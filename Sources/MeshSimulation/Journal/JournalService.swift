package import MeshActors
package import MeshCore

/// A store service that several hubs share, as they would share a database server.
///
/// It keeps the contract of `Journal`; what fails is the way to it and back. ``NodeJournal`` is one node's way.
package final class JournalService: Sendable {
    fileprivate struct State {
        var generator: SeededGenerator
        var faults = JournalFaults()
        var counts = JournalCounts()
        var isAway = false
        var late: [LateAppend] = []
        var isStopped = false
    }

    fileprivate struct LateAppend {
        let append: JournalAppend
        let due: Instant
        let isRepeated: Bool
    }

    /// What is behind the faults.
    package let store: any Journal

    private let clock: any Clock
    private let arrivals = Beacon()
    private let state: Lock<State>

    /// The service of `store`, whose faults are drawn from `generator`.
    package init(_ store: any Journal, clock: any Clock, generator: SeededGenerator) {
        self.store = store
        self.clock = clock
        state = Lock(State(generator: generator))
    }

    /// What has happened so far.
    package var counts: JournalCounts { state.withLock { $0.counts } }

    /// Changes what happens to callers from now on.
    package func setFaults(_ faults: JournalFaults) { state.withLock { $0.faults = faults } }

    /// Takes the service away, or brings it back.
    package func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    /// Does the appends that arrive late, until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            await arrivals.wait()
            let late = state.withLock { state in
                defer { state.late = [] }
                return state.late
            }
            for append in late.sorted(by: { $0.due < $1.due }) {
                do throws(CancellationError) { try await clock.sleep(until: append.due) } catch { return }
                // Its caller gave it up long ago: nobody is left to be told how it went.
                let isDone = (try? await store.append(append.append)) != nil
                state.withLock { state in
                    state.counts.repeatedAppends += append.isRepeated && !isDone ? 1 : 0
                    state.counts.lateAppends += !append.isRepeated && isDone ? 1 : 0
                }
            }
        }
    }

    /// One way between a node and the store.
    func travel() async throws(JournalError) {
        let (delay, isLost) = state.withLock { state in
            let shortest = Int(state.faults.shortestDelay.wholeNanoseconds)
            let longest = max(shortest, Int(state.faults.longestDelay.wholeNanoseconds))
            let delay = Duration.nanoseconds(state.generator.integer(in: shortest...longest))
            let isLost = state.isAway || state.draws(state.faults.lostCallsPerThousand)
            if isLost { state.counts.lostCalls += 1 }
            return (delay, isLost)
        }
        do throws(CancellationError) {
            try await clock.sleep(for: isLost ? delay + Self.patience : delay)
        } catch {
            throw JournalError(.unknownOutcome, "the caller has gone")
        }
        if isLost { throw JournalError(.unknownOutcome, "the store does not answer") }
    }

    /// Appends, unless the append is one that arrives late or whose answer gets lost.
    func append(_ append: JournalAppend) async throws(JournalError) {
        enum Fate { case good, answerLost, late }
        let fate = state.withLock { state -> Fate in
            if state.draws(state.faults.lateAppendsPerThousand) {
                state.delay(append, from: clock.now, isRepeated: false)
                return .late
            }
            return state.draws(state.faults.lostAnswersPerThousand) ? .answerLost : .good
        }
        if fate == .late {
            arrivals.light()
            throw JournalError(.unknownOutcome, "the store has not answered in time")
        }
        try await store.append(append)
        state.withLock { state in
            state.counts.appends += 1
            state.counts.lostAnswers += fate == .answerLost ? 1 : 0
        }
        let isRepeated = state.withLock { state in
            let isRepeated = state.draws(state.faults.repeatedAppendsPerThousand)
            if isRepeated { state.delay(append, from: clock.now, isRepeated: true) }
            return isRepeated
        }
        if isRepeated { arrivals.light() }
        if fate == .answerLost { throw JournalError(.unknownOutcome, "the connection to the store broke") }
    }

    /// How long a caller waits before it takes the store for gone.
    private static let patience = Duration.seconds(1)
}

extension JournalService.State {
    fileprivate mutating func draws(_ share: Int) -> Bool { share > 0 && generator.chance(share, in: 1_000) }

    fileprivate mutating func delay(_ append: JournalAppend, from now: Instant, isRepeated: Bool) {
        let lateness = generator.integer(in: 1...Int(faults.longestLateness.wholeNanoseconds))
        late.append(
            JournalService.LateAppend(append: append, due: now + .nanoseconds(lateness), isRepeated: isRepeated)
        )
    }
}
