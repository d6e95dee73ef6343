internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshNode
internal import MeshTestKit
internal import MeshTunnel

/// An edge that books one unit after the other on its account, and knows how many were acknowledged.
final class BookingEdge: Sendable {
    /// What became of the bookings.
    struct Report {
        var acknowledged = 0
        var failed = 0
        var open = 0

        mutating func add(_ other: Report) {
            acknowledged += other.acknowledged
            failed += other.failed
            open += other.open
        }
    }

    private struct State {
        var report = Report()
        var latencies: [Int64] = []
        /// Of bookings during which the tunnel was connected by the same link throughout.
        var steady: [Int64] = []
        var entered: [TunnelState.Phase: Int] = [:]
        var lastFailure: String?
        var isPaused = false
        var isBooking = false
    }

    let edge: Edge
    private let runEdge: @Sendable () async -> Void
    private let key: String
    private let pause: Duration?
    private let clock: any MeshCore.Clock
    private let generator: Lock<SeededGenerator>
    private let state = Lock(State())

    convenience init(
        _ edge: Edge,
        _ key: String,
        _ pause: Duration?,
        _ clock: any MeshCore.Clock,
        _ generator: SeededGenerator
    ) {
        self.init(edge, { await edge.run() }, key, pause, clock, generator)
    }

    /// The edge of a service that renews its certificate too.
    convenience init(
        _ service: EdgeService,
        _ key: String,
        _ pause: Duration?,
        _ clock: any MeshCore.Clock,
        _ generator: SeededGenerator
    ) {
        self.init(service.edge, { await service.run() }, key, pause, clock, generator)
    }

    private init(
        _ edge: Edge,
        _ runEdge: @escaping @Sendable () async -> Void,
        _ key: String,
        _ pause: Duration?,
        _ clock: any MeshCore.Clock,
        _ generator: SeededGenerator
    ) {
        self.edge = edge
        self.runEdge = runEdge
        self.key = key
        self.pause = pause
        self.clock = clock
        self.generator = Lock(generator)
    }

    var isConnected: Bool { edge.tunnel.state.phase == .connected }

    /// Why a booking failed last.
    var lastFailure: String? { state.withLock { $0.lastFailure } }

    /// How often each state was entered.
    var entered: [TunnelState.Phase: Int] { state.withLock { $0.entered } }

    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.runEdge() }
            group.addTask { await self.watch() }
            if let pause { await book(every: pause) }
            _ = try? await OneShot<Done>().wait()
            group.cancelAll()
        }
    }

    private func watch() async {
        var last: TunnelState.Phase?
        for await now in edge.tunnel.states where now.phase != last {
            last = now.phase
            state.withLock { $0.entered[now.phase, default: 0] += 1 }
        }
    }

    private func book(every pause: Duration) async {
        _ = try? await edge.tunnel.waitUntilConnected(deadline: clock.now + .seconds(60))
        // Not all at the same moment.
        let first = generator.withLock { $0.integer(below: max(1, Int(pause / .milliseconds(1)))) }
        try? await clock.sleep(for: .milliseconds(first))
        while !Task.isCancelled {
            if !state.withLock({ $0.isPaused }) { await bookOnce() }
            try? await clock.sleep(for: pause)
        }
    }

    private func bookOnce() async {
        let id = generator.withLock { UniqueID(at: clock.wallTime, using: &$0) }
        state.withLock { $0.isBooking = true }
        defer { state.withLock { $0.isBooking = false } }
        let (begin, link) = (clock.now, currentLink)
        var isOpen = false
        while !Task.isCancelled {
            do throws(CallFailure<NoRefusal>) {
                let account = try reference()
                let deadline = clock.now + .seconds(30)
                _ = try await account.call(SampleAccount.Deposit(amount: 1), id: id, deadline: deadline)
                let elapsed = (clock.now - begin).wholeNanoseconds
                let isSteady = link != nil && link == currentLink
                return state.withLock { state in
                    state.report.acknowledged += 1
                    guard state.latencies.count < Self.keptLatencies else { return }
                    state.latencies.append(elapsed)
                    if isSteady { state.steady.append(elapsed) }
                }
            } catch {
                if error.openCommand == nil, !isOpen {
                    state.withLock { state in
                        state.report.failed += 1
                        state.lastFailure = "\(error)"
                    }
                    return
                }
                // It may have been booked: the same id is asked for until somebody knows.
                if !isOpen { state.withLock { $0.report.open += 1 } }
                isOpen = true
                try? await clock.sleep(for: .milliseconds(100))
            }
        }
    }

    private var currentLink: LinkID? {
        if case .connected(let connection) = edge.tunnel.state { connection.link } else { nil }
    }

    private func reference() throws(CallFailure<NoRefusal>) -> ActorReference<JournaledActor<SampleAccount>> {
        do throws(ActorError) {
            return try edge.node.actor(SampleAccount.self, key)
        } catch {
            throw .failed(error)
        }
    }

    /// What has been booked, and how long each took since the last time.
    func takeReport(into latencies: inout [Int64], steady: inout [Int64]) -> Report {
        state.withLock { state in
            latencies += state.latencies
            steady += state.steady
            state.latencies = []
            state.steady = []
            return state.report
        }
    }

    /// What the account holds and what was acknowledged, once nothing is under way; nil where nobody answers.
    func verify() async -> (balance: Int, acknowledged: Int)? {
        state.withLock { $0.isPaused = true }
        while state.withLock({ $0.isBooking }) { try? await clock.sleep(for: .milliseconds(10)) }
        let deadline = clock.now + .seconds(30)
        guard let account = try? reference(),
            let balance = try? await account.call(SampleAccount.Balance(), deadline: deadline)
        else { return nil }
        defer { state.withLock { $0.isPaused = false } }
        return (Int(balance), state.withLock { $0.report.acknowledged })
    }

    private static let keptLatencies = 10_000
}
