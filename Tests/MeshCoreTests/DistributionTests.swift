import MeshCore
import Testing

@Suite struct `A distribution` {
    @Test func `puts a value at the end of a bucket into it`() {
        var found = Distribution(over: Distribution.Ladder([10, 20]))
        for value in [-1, 10, 11, 20, 21] as [Int64] { found.note(value) }
        #expect(found.counts == [2, 2, 1] && found.cumulativeCounts == [2, 4, 5])
        #expect(found.sum == 61 && found.smallest == -1 && found.largest == 21 && found.count == 5)
    }

    @Test func `of nothing has no percentiles`() {
        let found = Distribution(over: .work)
        #expect(found.percentile(50) == nil && found.smallest == nil && found.count == 0)
    }

    @Test func `saturates its sum`() {
        var found = Distribution(over: .count)
        found.note(.max)
        found.note(.max)
        #expect(found.sum == .max && found.count == 2)
    }

    @Test(arguments: [50, 90, 99, 100])
    func `knows percentiles to a quarter, and never beyond what there was`(part: Int) throws {
        var generator = SeededGenerator(seed: 7)
        for scale in [Int64(10), 1_000, 40_000, 3_000_000_000] {
            var found = Distribution(over: .fine)
            let values = (0..<1_000).map { _ in Int64(generator.integer(in: 1...Int(scale))) }.sorted()
            for value in values { found.note(value) }
            let exact = values[(1_000 * part + 99) / 100 - 1]
            let told = try #require(found.percentile(part))
            #expect(told >= exact && told <= min(exact + exact / 4 + 1, values[999]), "\(scale): \(told) for \(exact)")
        }
    }

    @Test func `of one value is that value at every percentile`() {
        var found = Distribution(over: .fine)
        found.note(.milliseconds(3))
        #expect([1, 50, 100].map { found.percentile($0) } == [3_000_000, 3_000_000, 3_000_000])
    }
}
