internal import MeshAccounts
internal import MeshChat
internal import MeshCommandLine
internal import MeshCore
internal import MeshLedger

/// Calls that set money aside and are charged, durable, by many at a time.
struct LedgerBenchmark {
    let folder: String
    let seconds: Int
    /// How many calls are held at a time.
    let holders: Int
    /// How many accounts they spread over.
    let accounts: Int

    struct Figures {
        /// Reservations with their charges.
        let perSecond: Double
        /// How long a reservation took, its charge, and the two together; ascending.
        let reserve: [Duration]
        let settle: [Duration]
        let both: [Duration]
        let syncs: BareSyncs
    }

    private struct Waits: Sendable {
        var reserve: [Duration] = []
        var settle: [Duration] = []
    }

    /// Measures once, in a folder that must be empty.
    func run() async throws -> Figures {
        let syncs = try BareSyncs.measure(in: folder, seconds: 1)
        let (seconds, holders, accounts) = (seconds, holders, accounts)
        let (waits, elapsed) = try await LedgerHub.run(in: folder) { hub in
            for account in 0..<accounts { try await hub.open("acct-\(account)", dollars: 1_000_000) }
            let clock = ContinuousClock()
            let start = clock.now
            let waits = try await withThrowingTaskGroup(of: Waits.self) { group in
                for holder in 0..<holders {
                    group.addTask {
                        try await Self.hold(hub, holder, "acct-\(holder % accounts)", until: start + .seconds(seconds))
                    }
                }
                return try await group.reduce(into: [Waits]()) { $0.append($1) }
            }
            return (waits, clock.now - start)
        }
        let both = waits.flatMap { zip($0.reserve, $0.settle).map { $0 + $1 } }
        return Figures(
            perSecond: Double(both.count) / (elapsed / .seconds(1)),
            reserve: waits.flatMap(\.reserve).sorted(),
            settle: waits.flatMap(\.settle).sorted(),
            both: both.sorted(),
            syncs: syncs
        )
    }

    /// One after another: sets aside, and says what was used.
    private static func hold(
        _ hub: LedgerHub,
        _ holder: Int,
        _ account: String,
        until end: ContinuousClock.Instant
    ) async throws -> Waits {
        let clock = ContinuousClock()
        let terms = hub.office.terms
        var waits = Waits()
        var before = clock.now
        while before < end {
            let worst = ChatUsage(inputTokens: 1_200, outputTokens: 20)
            let call = LedgerHub.call(holder, UInt64(waits.settle.count), worst)
            _ = try await hub.office.insist(Ledger.Reserve(call, terms: terms), of: account)
            let held = clock.now
            let used = ChatUsage(inputTokens: 1_200, outputTokens: 3)
            _ = try await hub.office.insist(Ledger.Settle(call.id, usage: used, end: .complete), of: account)
            let after = clock.now
            waits.reserve.append(held - before)
            waits.settle.append(after - held)
            before = after
        }
        return waits
    }
}

extension LedgerBenchmark.Figures {
    /// One JSON object, in microseconds.
    func json(holders: Int, accounts: Int) -> String {
        let waits = [("reserve", reserve), ("settle", settle), ("both", both), ("sync", syncs.durations)]
        var fields = ["\"holders\":\(holders)", "\"accounts\":\(accounts)", "\"perSecond\":\(perSecond)"]
        for (name, sorted) in waits {
            for (word, place) in [("P50", sorted.count / 2), ("P99", sorted.count * 99 / 100)] {
                fields.append("\"\(name)\(word)\":\(sorted[place] / .microseconds(1))")
            }
        }
        return "{\(fields.joined(separator: ","))}"
    }
}
