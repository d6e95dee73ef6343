package import MeshCore
internal import MeshEscalation

/// What a seed decides before a world of questions begins.
package struct EscalationPlan: SeededPlan {
    package typealias Figures = EscalationFigures

    package static let command = "escalation"

    /// The seed.
    package let seed: UInt64

    /// How many edges there are.
    package let edgeCount: Int

    /// How long faults happen.
    package let turmoil: Duration

    /// Which faults happen.
    package let faults: Set<EscalationFault>

    /// The longest that a byte is on its way.
    let longestDelay: Duration

    /// Bytes that a stream takes of a writer before its reader has read any.
    let windowBytes: Int

    /// Who asks.
    let asks: [PlannedAsk]

    package var cast: String { "\(edgeCount) edges, \(askCount) askers" }

    /// How many ask.
    package var askCount: Int { asks.count }

    /// Draws the plan of `seed`.
    package init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed ^ 0x4553_4341_4C41)
        self.seed = seed
        edgeCount = generator.integer(in: 1...Limits.EscalationWorld.maximumEdges)
        turmoil = .seconds(generator.integer(in: 2...40))
        longestDelay = .milliseconds(generator.pick(from: [1, 10, 100, 400]) ?? 1)
        windowBytes = generator.pick(from: [4, 64, 1_024]).map { $0 * 1_024 } ?? 1_024
        var faults: Set<EscalationFault> = []
        let share = generator.integer(in: 1...3)
        for fault in EscalationFault.allCases where generator.chance(share, in: 5) { faults.insert(fault) }
        self.faults = faults
        let count =
            faults.contains(.crowd)
            ? generator.integer(in: 10...Limits.EscalationWorld.maximumAsks) : generator.integer(in: 1...6)
        var asks: [PlannedAsk] = []
        for number in 1...count {
            var ask = PlannedAsk(number: number, edges: edgeCount, turmoil: turmoil, faults, &generator)
            if faults.contains(.twins), let former = asks.last, generator.chance(1, in: 3) {
                ask.becomeTwin(of: former)
            }
            asks.append(ask)
        }
        self.asks = asks
    }
}

/// Somebody who will ask.
struct PlannedAsk: Sendable {
    /// How somebody leaves.
    enum Leaving: Sendable, CaseIterable { case cancels, isCancelled, letsGo }

    let number: Int
    private(set) var run: UniqueID
    private(set) var edge: Int
    private(set) var isRestored: Bool
    private(set) var start: Duration
    private(set) var patience: Duration
    let leaving: Leaving?
    /// After so many pieces, or so much time, whichever comes first.
    let leavesAfter: (pieces: Int, time: Duration)
    /// Between two pieces.
    let pause: Duration

    init(
        number: Int,
        edges: Int,
        turmoil: Duration,
        _ faults: Set<EscalationFault>,
        _ generator: inout SeededGenerator
    ) {
        self.number = number
        run = UniqueID(high: 7, low: UInt64(number))
        edge = generator.integer(below: edges)
        isRestored = generator.chance(1, in: 4)
        let latest = faults.contains(.crowd) ? 200 : Int(turmoil / .milliseconds(1))
        start = .milliseconds(generator.integer(in: 0...latest))
        patience = .seconds(generator.pick(from: [5, 20, 60, 200, 600]) ?? 60)
        let leaves = faults.contains(.leaving) && generator.chance(1, in: 2)
        leaving = leaves ? generator.pick(from: Leaving.allCases) : nil
        leavesAfter = (generator.integer(in: 1...60), .milliseconds(generator.integer(in: 0...8_000)))
        let isSlow = faults.contains(.slowReaders) && generator.chance(1, in: 2)
        pause = isSlow ? .milliseconds(generator.pick(from: [1, 30, 500]) ?? 1) : .zero
    }

    mutating func becomeTwin(of other: PlannedAsk) {
        (run, edge, isRestored) = (other.run, other.edge, other.isRestored)
        (start, patience) = (other.start + .milliseconds(number * 37 % 500), other.patience)
    }
}

extension Limits {
    /// Bounds on a simulated world of questions.
    package enum EscalationWorld {
        /// Edges; a plan has no more.
        package static let maximumEdges = 3

        /// Askers; a plan has no more.
        package static let maximumAsks = 40

        /// The longest that nothing comes through on a stream before both sides know that it is cut.
        package static let silence = Duration.seconds(25)

        /// How late an asker may hear that it took too long.
        package static let lateness = Duration.seconds(3)

        /// How long after the last asker is gone nobody answers it any more: a silent stream, an orphan's patience, the
        /// hub's next look, the way there.
        package static let engineAlone = silence + Escalation.orphanPatience + .seconds(5)

        /// How long after a hub has been told that nobody wants an answer nobody answers any more.
        package static let engineTold = Duration.seconds(1)

        /// How long after the last asker is gone a hub has forgotten all.
        package static let memory = engineAlone + Escalation.keptPatience + .seconds(10)

        /// How long after the faults it may take until all have been told: the longest patience, and a hub's memory.
        package static let horizon = Duration.seconds(700) + memory

        /// Jobs that one world may run before it is taken for one that never ends, and fails.
        package static let maximumSteps = 5_000_000

        /// Streams that wait for their hub to take them; a further one is cut.
        package static let maximumArrivals = 4_096

        /// Pieces that a slow reader reads slowly; it reads what follows as fast as it comes.
        package static let slowPieces = 40

        /// Bytes of a placeholder, at most.
        package static let placeholderBytes = 64

        /// How long an engine may rest while somebody waits for its words: a silent stream, and the way there.
        package static let longestRest = silence + .seconds(10)

        /// Bytes of one event of an engine; it has no larger ones.
        package static let largestWord = 16 * 1_024
    }
}
