internal import MeshCore

/// How values are spread over fixed buckets.
///
/// Cheap to touch from any thread.
package final class Histogram: Sendable {
    /// The upper ends of the buckets.
    let ladder: HistogramLadder

    /// Values in each bucket alone, those beyond the ladder behind them, and last their sum.
    private let numbers: SharedNumbers

    init(ladder: HistogramLadder) {
        self.ladder = ladder
        numbers = SharedNumbers(count: ladder.bounds.count + 2)
    }

    /// Takes `value`, which is nanoseconds where the unit is seconds.
    package func observe(_ value: Int64) {
        numbers.add(1, at: ladder.bucket(of: value))
        numbers.add(value, at: ladder.bounds.count + 1)
    }

    /// Takes a time.
    package func observe(_ duration: Duration) { observe(duration.wholeNanoseconds) }

    /// How many values there are up to each end of a bucket, everything last.
    package var cumulativeCounts: [Int64] {
        var sum: Int64 = 0
        return (0...ladder.bounds.count).map { index in
            sum += numbers.value(at: index)
            return sum
        }
    }

    /// The sum of all values; it may be a moment apart from the counts.
    package var sum: Int64 { numbers.value(at: ladder.bounds.count + 1) }
}

/// The upper ends of a histogram's buckets, each of which belongs to its bucket.
package struct HistogramLadder: Hashable, Sendable {
    let bounds: [Int64]

    /// These ends, which grow; others are our own mistake and trap.
    package init(_ bounds: [Int64]) {
        precondition((1...Limits.Telemetry.maximumBuckets).contains(bounds.count), "a histogram has some buckets")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "buckets grow")
        self.bounds = bounds
    }

    /// From half a millisecond to a minute: what a person waits for.
    package static let latency = HistogramLadder(
        [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000].map { $0 * 1_000 }
            + [1, 2, 5, 10, 30, 60].map { $0 * 1_000_000_000 }
    )

    /// From 256 bytes to 16 MiB, four times as much each.
    package static let size = HistogramLadder((0..<9).map { 256 << (2 * $0) })

    func bucket(of value: Int64) -> Int {
        var (low, high) = (0, bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
