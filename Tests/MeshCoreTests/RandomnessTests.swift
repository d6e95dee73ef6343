import MeshCore
import Testing

@Suite struct `A seeded generator` {
    @Test func `a seed names one sequence, in this and every later version`() {
        var generator = SeededGenerator(seed: 42)
        let drawn = (0..<4).map { _ in generator.next() }
        #expect(drawn == [0x1578_0B2E_0C2E_C716, 0x6104_D986_6D11_3A7E, 0xAE17_5332_39E4_99A1, 0xECB8_AD47_03B3_60A1])
    }

    @Test func `neighbouring seeds have nothing in common`() {
        var left = SeededGenerator(seed: 1)
        var right = SeededGenerator(seed: 2)
        let agreements = (0..<1_000).filter { _ in left.next() == right.next() }.count
        #expect(agreements == 0)
    }

    @Test func `every integer below a bound comes about equally often`() {
        var generator = SeededGenerator(seed: 3)
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<60_000 { counts[generator.integer(below: 6)] += 1 }
        #expect(counts.allSatisfy { (9_600...10_400).contains($0) }, "\(counts)")
    }

    @Test func `ranges include both ends`() {
        var generator = SeededGenerator(seed: 4)
        let drawn = Set((0..<1_000).map { _ in generator.integer(in: -2...2) })
        #expect(drawn == [-2, -1, 0, 1, 2])
        #expect(generator.integer(in: 5...5) == 5)
    }

    @Test func `chances hold and picks come from the collection`() {
        var generator = SeededGenerator(seed: 5)
        let hits = (0..<10_000).filter { _ in generator.chance(1, in: 4) }.count
        #expect((2_300...2_700).contains(hits))
        #expect(!generator.chance(0, in: 1) && generator.chance(1, in: 1))
        #expect(generator.pick(from: [9]) == 9)
        #expect(generator.pick(from: [Int]()) == nil)
    }

    @Test func `a split generator does not depend on what its parent draws later`() {
        var parent = SeededGenerator(seed: 6)
        var child = parent.split()
        let first = child.next()
        var sameParent = SeededGenerator(seed: 6)
        var sameChild = sameParent.split()
        _ = sameParent.next()
        #expect(sameChild.next() == first)
    }
}
