internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshQUIC
internal import MeshTestKit

/// One edge that asks as its plan says.
final class Asking: Sendable {
    struct Plan {
        let requests: Int
        let inFlight: Int
        let requestBytes: Int
        let answerBytes: Int
        let life: Duration?
        let pause: Duration
        let deadline: Duration
        let migrateEvery: Duration?
    }

    private struct State {
        var lastNumber: UInt64 = 0
        var tally = Tally()
        var lastAnswer: Instant
        var end: Instant?
    }

    let transport: QUICTransport
    private let hub: NodeID
    private let plan: Plan
    private let clock: any Clock
    private let state: Lock<State>

    init(transport: QUICTransport, hub: NodeID, plan: Plan, clock: any Clock) {
        self.transport = transport
        self.hub = hub
        self.plan = plan
        self.clock = clock
        state = Lock(State(lastAnswer: clock.now))
    }

    var tally: Tally { state.withLock { $0.tally } }

    /// Asks until the plan is done.
    func run() async {
        let now = clock.now
        let end = plan.life.map { now + $0 }
        state.withLock { state in
            state.lastAnswer = now
            state.end = end
        }
        await withTaskGroup(of: Void.self) { group in
            if let pause = plan.migrateEvery { group.addTask { await self.migrate(every: pause) } }
            await withTaskGroup(of: Void.self) { askers in
                for _ in 0..<plan.inFlight { askers.addTask { await self.ask() } }
            }
            group.cancelAll()
        }
    }

    private func migrate(every pause: Duration) async {
        while (try? await clock.sleep(for: pause)) != nil {
            let hasMoved = (try? await transport.migrate(to: .loopbackIPv4(port: 0))) != nil
            state.withLock { $0.tally.migrations += hasMoved ? 1 : 0 }
        }
    }

    private func ask() async {
        while let number = nextNumber() {
            let request = NumberedRequest(number: number, wantedBytes: plan.answerBytes)
            let start = clock.now
            do throws(TransportError) {
                let payload = request.payload(byteCount: plan.requestBytes)
                let answer = try await transport.request(payload, to: hub, deadline: start + plan.deadline)
                note(answer == request.answer, since: start)
            } catch {
                state.withLock { $0.tally.fail("\(error)") }
                // A peer that is gone fails at once; the others of the plan are not to be counted as thousands.
                guard (try? await clock.sleep(for: .milliseconds(20))) != nil else { return }
            }
            if plan.pause > .zero, (try? await clock.sleep(for: plan.pause)) == nil { return }
        }
    }

    private func nextNumber() -> UInt64? {
        let now = clock.now
        return state.withLock { state in
            if let end = state.end, end <= now { return nil }
            guard state.lastNumber < UInt64(plan.requests) else { return nil }
            defer { state.lastNumber += 1 }
            return state.lastNumber
        }
    }

    private func note(_ isRight: Bool, since start: Instant) {
        let now = clock.now
        state.withLock { state in
            state.tally.answer(isRight, after: now - start, gap: now - state.lastAnswer)
            state.lastAnswer = now
        }
    }
}

/// What came of many requests.
struct Tally {
    private(set) var answered = 0
    private(set) var failed = 0
    private(set) var wrong = 0
    var migrations = 0
    private var latencies: [Int64] = []
    private var gaps: [Int64] = []
    private var failures: [String] = []

    mutating func answer(_ isRight: Bool, after latency: Duration, gap: Duration) {
        if isRight { answered += 1 } else { wrong += 1 }
        if latencies.count < Self.kept { latencies.append(latency.wholeNanoseconds / 1_000) }
        if gap >= Self.notableGap, gaps.count < Self.kept { gaps.append(gap.wholeNanoseconds / 1_000_000) }
    }

    mutating func fail(_ reason: String) {
        failed += 1
        if failures.count < 5 { failures.append(reason) }
    }

    mutating func add(_ other: Tally) {
        answered += other.answered
        failed += other.failed
        wrong += other.wrong
        migrations += other.migrations
        latencies += other.latencies
        gaps += other.gaps
        failures = Array((failures + other.failures).prefix(5))
    }

    /// Latencies in microseconds, gaps without an answer of an edge in milliseconds.
    func json(elapsed: Duration) -> String {
        let sorted = latencies.sorted()
        let at = { (percent: Int) in
            sorted.isEmpty ? 0 : Int(sorted[min(sorted.count - 1, sorted.count * percent / 100)])
        }
        var line = JSONLine([
            ("answered", answered), ("failed", failed), ("wrong", wrong), ("migrations", migrations),
            ("milliseconds", Int(elapsed.wholeNanoseconds / 1_000_000)),
            ("p50", at(50)), ("p90", at(90)), ("p99", at(99)), ("longest", Int(sorted.last ?? 0)),
        ])
        line.append("gaps", gaps.sorted(by: >).prefix(1_000).map(String.init))
        line.append("failures", failures.map { JSONText.quoted($0) })
        return line.text
    }

    private static let kept = 1_000_000
    private static let notableGap = Duration.milliseconds(50)
}
