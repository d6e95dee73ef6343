/// How values are spread over fixed buckets: what a part keeps of many values, to be read now and then.
///
/// A value that is touched where its owner's lock is held anyway; noting allocates nothing unless a copy is being read.
package struct Distribution: Hashable, Sendable {
    /// The upper ends of the buckets, each of which belongs to its bucket.
    package let ladder: Ladder

    /// Values in each bucket alone, those beyond the ladder last.
    package private(set) var counts: [Int64]

    /// The sum of all values; it saturates.
    package private(set) var sum: Int64 = 0

    /// The smallest value; nil where there is none.
    package private(set) var smallest: Int64?

    /// The largest value; nil where there is none.
    package private(set) var largest: Int64?

    /// No values yet.
    package init(over ladder: Ladder) {
        self.ladder = ladder
        counts = Array(repeating: 0, count: ladder.ends.count + 1)
    }

    /// Takes `value` in.
    package mutating func note(_ value: Int64) {
        counts[ladder.bucket(of: value)] += 1
        let (total, overflow) = sum.addingReportingOverflow(value)
        sum = overflow ? (value < 0 ? .min : .max) : total
        smallest = min(smallest ?? value, value)
        largest = max(largest ?? value, value)
    }

    /// Takes a time in, as nanoseconds.
    package mutating func note(_ duration: Duration) { note(duration.wholeNanoseconds) }

    /// How many values there are up to each end of a bucket, everything last.
    package var cumulativeCounts: [Int64] {
        var sum: Int64 = 0
        return counts.map { count in
            sum += count
            return sum
        }
    }

    /// How many values there are.
    package var count: Int64 { counts.reduce(0, +) }

    /// A value that `part` of a hundred of all values do not exceed; nil where there is none.
    ///
    /// It is the end of a bucket, and so too high by less than a bucket, but never beyond the largest value.
    package func percentile(_ part: Int) -> Int64? {
        guard let smallest, let largest else { return nil }
        let wanted = max(1, (count * Int64(part) + 99) / 100)
        var seen: Int64 = 0
        for (index, count) in counts.enumerated() where index < ladder.ends.count {
            seen += count
            if seen >= wanted { return min(max(ladder.ends[index], smallest), largest) }
        }
        return largest
    }
}

extension Distribution {
    /// The upper ends of buckets, which grow.
    package struct Ladder: Hashable, Sendable {
        /// The ends.
        package let ends: [Int64]

        /// These ends; an order in which they do not grow is our own mistake and traps.
        package init(_ ends: [Int64]) {
            precondition(!ends.isEmpty && zip(ends, ends.dropFirst()).allSatisfy { $0 < $1 }, "buckets grow")
            self.ends = ends
        }

        func bucket(of value: Int64) -> Int {
            var (low, high) = (0, ends.count)
            while low < high {
                let middle = (low + high) / 2
                if ends[middle] < value { low = middle + 1 } else { high = middle }
            }
            return low
        }

        /// Times of calls and of disks: from 50 microseconds to 10 seconds.
        package static let work: Ladder = {
            let microseconds: [Int64] = [
                50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
                2_500_000, 5_000_000, 10_000_000,
            ]
            return Ladder(microseconds.map { $0 * 1_000 })
        }()

        /// Things that come together: from 1 to 4,096, twice as many each.
        package static let count = Ladder((0...12).map { 1 << $0 })

        /// Bytes: from 256 to 16 MiB, four times as many each.
        package static let bytes = Ladder((0..<9).map { 256 << (2 * $0) })

        /// For percentiles alone: each bucket ends at most a quarter beyond its beginning; the last at some 2^40.
        package static let fine: Ladder = {
            var ends: [Int64] = [1, 2, 3]
            for shift in 0..<38 {
                for quarters: Int64 in 4..<8 { ends.append(quarters << shift) }
            }
            return Ladder(ends)
        }()
    }
}
