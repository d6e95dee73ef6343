import MeshCore
import MeshEscalation
import Testing

@Suite struct `An answer through a network that does its worst` {
    /// The answer comes whole and once, or there is one error, and never both; an account sees one settlement.
    @Test func `is whole or one error, and settled once, for every seed`() {
        var counts: [String: Int] = [:]
        for seed in 0..<3_000 as Range<UInt64> {
            var world = AnswerWorld(seed: seed)
            for _ in 0..<Int(seed % 400) { world.disturb() }
            let isOver = world.calmDown()
            #expect(isOver, "seed \(seed): it does not end")
            #expect(world.isBroken == nil, "seed \(seed): \(world.isBroken ?? "")")
            #expect(world.outcomes.count == 1, "seed \(seed): \(world.outcomes)")
            let answers = (0...world.life).map { AnswerWorld.words($0).joined() }
            switch world.outcomes.first {
            case .whole?: #expect(answers.contains(world.said), "seed \(seed): \(world.said)")
            case .failed?, .left?:
                #expect(world.said.isEmpty || answers.contains { $0.hasPrefix(world.said) }, "seed \(seed)")
            case nil: break
            }
            #expect(world.settledInLife.values.allSatisfy { $0 == 1 }, "seed \(seed): settled twice in one life")
            #expect(world.booked <= 1, "seed \(seed)")
            // A hub that lives to the end leaves nothing open.
            if world.wasReserved, !world.wasKilled {
                #expect(world.hold == .settled, "seed \(seed)")
            }
            counts["\(world.outcomes)", default: 0] += 1
            if world.life > 1 { counts["asked anew", default: 0] += 1 }
            if world.opened > 2 { counts["gone on with", default: 0] += 1 }
        }
        // The schedule reaches what it is about.
        for outcome in [AnswerWorld.Outcome.whole, .failed(.interrupted), .failed(.refused), .left] {
            #expect(counts["\([outcome])", default: 0] > 20, "\(counts)")
        }
        #expect(counts["asked anew", default: 0] > 50 && counts["gone on with", default: 0] > 500, "\(counts)")
    }
}
