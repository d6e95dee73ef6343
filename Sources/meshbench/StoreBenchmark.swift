internal import Glibc
internal import MeshCommandLine
internal import MeshStore

/// Durable appends of 200-byte events: ours, ours without group commit, SQLite with group commit, and bare syncs.
struct StoreBenchmark {
    let rounds: Int
    let seconds: Double
    let folder: String

    /// What one contender did in one round.
    struct Outcome {
        let perSecond: Double
        let median: Duration
        let nearlyWorst: Duration
    }

    struct Cell: Hashable {
        let contender: String
        let writers: Int
    }

    static let writerCounts = [1, 16, 256, 1_024]
    static let ours = "ours"
    static let oneEach = "ours, a sync for each append"
    static let peer = "SQLite WAL FULL, grouped"

    func run() async throws -> StoreReport {
        var outcomes: [Cell: [Outcome]] = [:]
        var syncs: [Double] = []
        for round in 0..<rounds {
            syncs.append(try BareSyncs.measure(in: folder, seconds: min(seconds, 1)).perSecond)
            for writers in Self.writerCounts {
                for contender in [Self.ours, Self.peer, Self.oneEach] {
                    let outcome = try await measure(contender, writers, round)
                    outcomes[Cell(contender: contender, writers: writers), default: []].append(outcome)
                }
            }
        }
        return StoreReport(outcomes: outcomes, syncs: Spread(syncs))
    }

    private func measure(_ name: String, _ writers: Int, _ round: Int) async throws -> Outcome {
        let path = "\(folder)/round-\(round)"
        defer { removeFolder(path) }
        let contender: any StoreContender =
            switch name {
            case Self.peer: try await SQLiteContender(folder: path)
            default: try await LogStoreContender(folder: path, writers: writers, groupsCommits: name == Self.ours)
            }
        let clock = ContinuousClock()
        let start = clock.now
        let end = start + .seconds(seconds)
        let waits = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for writer in 0..<writers {
                group.addTask {
                    let event = [UInt8](repeating: UInt8(truncatingIfNeeded: writer), count: Self.eventBytes)
                    var waits: [Duration] = []
                    var before = clock.now
                    while before < end {
                        try await contender.append(event, by: writer, number: UInt64(waits.count + 1))
                        let after = clock.now
                        waits.append(after - before)
                        before = after
                    }
                    return waits
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let elapsed = clock.now - start
        try await contender.close()
        let sorted = waits.sorted()
        return Outcome(
            perSecond: Double(sorted.count) / (elapsed / .seconds(1)),
            median: sorted[sorted.count / 2],
            nearlyWorst: sorted[sorted.count * 99 / 100]
        )
    }

    private func removeFolder(_ path: String) {
        guard let folder = opendir(path) else { return }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
            )
        }
        closedir(folder)
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private static let eventBytes = 200
}
