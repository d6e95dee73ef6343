internal import Glibc
internal import MeshStore

/// How long this disk takes to make 200 bytes durable that stand behind one another in a file that was filled before:
/// what everything durable is held against.
struct BareSyncs {
    /// Each write with its sync, in ascending order.
    let durations: [Duration]

    /// How many a second.
    let perSecond: Double

    /// The middle one.
    var median: Duration { durations[durations.count / 2] }

    /// Measures in a folder of its own in `folder`, which is removed again.
    static func measure(in folder: String, seconds: Double) throws -> BareSyncs {
        let path = "\(folder)/bare"
        let disk = try POSIXDisk(path: path)
        defer {
            unlink("\(path)/bare")
            rmdir(path)
        }
        let file = try disk.open("bare", creating: true)
        try file.allocate(16 * 1_024 * 1_024)
        try file.sync()
        let event = [UInt8](repeating: 1, count: eventBytes)
        let clock = ContinuousClock()
        let start = clock.now
        var durations: [Duration] = []
        var before = start
        while before - start < .seconds(seconds) {
            try event.withUnsafeBytes { try file.write($0, at: durations.count % 80_000 * eventBytes) }
            try file.sync()
            let after = clock.now
            durations.append(after - before)
            before = after
        }
        let elapsed = before - start
        return BareSyncs(durations: durations.sorted(), perSecond: Double(durations.count) / (elapsed / .seconds(1)))
    }

    private static let eventBytes = 200
}
