internal import MeshCore

/// One round of checks at a time for all who ask, and its answer for a while: anybody may ask, as often as they like.
///
/// Those who ask while a round is under way wait for it; they are requests that the server has let in, whose number has
/// a bound. Where the one who makes the round gives up, the next of them makes another.
final class SharedReadiness: Sendable {
    struct Answer: Sendable {
        let isReady: Bool
        let text: String
    }

    private enum Turn { case answer(Answer), round, cancelled }

    private struct State {
        var latest: (answer: Answer, at: Instant)?
        var isUnderWay = false
        var arrivals: UInt64 = 0
        var waiters: [UInt64: UnsafeContinuation<Turn, Never>] = [:]
    }

    private let state = Lock(State())
    private let clock: any Clock

    init(clock: any Clock) { self.clock = clock }

    /// The answer that is still good, or that of a round: another one's, or `round`.
    func answer(by round: () async throws -> Answer) async throws -> Answer {
        switch await turn() {
        case .answer(let answer): return answer
        case .cancelled: throw CancellationError()
        case .round: break
        }
        do {
            let answer = try await round()
            // Checks that were cancelled have said something about that, not about the node.
            try Task.checkCancellation()
            finish(answer)
            return answer
        } catch {
            handOver()
            throw error
        }
    }

    private func turn() async -> Turn {
        let now = clock.now
        let (turn, arrival) = state.withLock { state -> (Turn?, UInt64) in
            if let latest = state.latest, now - latest.at < Limits.Operations.readinessAge {
                return (.answer(latest.answer), 0)
            }
            guard state.isUnderWay else {
                state.isUnderWay = true
                return (.round, 0)
            }
            state.arrivals += 1
            return (nil, state.arrivals)
        }
        if let turn { return turn }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { wait($0, arrival, from: now) }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: arrival) }?.resume(returning: .cancelled)
        }
    }

    private func wait(_ waiter: UnsafeContinuation<Turn, Never>, _ arrival: UInt64, from now: Instant) {
        let turn = state.withLock { state -> Turn? in
            // Under the lock: who is cancelled later finds the waiter there.
            if Task.isCancelled { return .cancelled }
            if state.isUnderWay {
                state.waiters[arrival] = waiter
                return nil
            }
            // The round has ended since.
            if let latest = state.latest, now - latest.at < Limits.Operations.readinessAge {
                return .answer(latest.answer)
            }
            state.isUnderWay = true
            return .round
        }
        if let turn { waiter.resume(returning: turn) }
    }

    private func finish(_ answer: Answer) {
        let now = clock.now
        let waiters = state.withLock { state in
            let waiters = state.waiters
            state.waiters = [:]
            state.latest = (answer, now)
            state.isUnderWay = false
            return waiters.sorted { $0.key < $1.key }.map(\.value)
        }
        for waiter in waiters { waiter.resume(returning: .answer(answer)) }
    }

    private func handOver() {
        let next = state.withLock { state in
            let next = state.waiters.keys.min().flatMap { state.waiters.removeValue(forKey: $0) }
            state.isUnderWay = next != nil
            return next
        }
        next?.resume(returning: .round)
    }
}
