internal import MeshAccounts
internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshLedger
internal import MeshTestKit

/// An account with many postings: how long it takes until it answers in a new life.
struct LedgerRecovery {
    let folder: String
    let postings: Int

    struct Figures {
        let times: [(step: String, time: Duration)]
        /// As the account itself counts them in the end.
        let postings: UInt64
    }

    private static let account = "acct-old"

    func run() async throws -> Figures {
        let clock = ContinuousClock()
        let start = clock.now
        try await fill()
        let filled = clock.now
        // It has not been handed over: what stands behind the last snapshot is told again.
        let (_, revived) = try await firstAnswer()
        let (count, opened) = try await firstAnswer()
        return Figures(
            times: [
                ("charging, one account", filled - start), ("the first answer after a crash", revived),
                ("the first answer after a clean end", opened),
            ],
            postings: count
        )
    }

    private func fill() async throws {
        let postings = postings
        try await LedgerHub.run(in: folder, drains: false) { hub in
            try await hub.open(Self.account, dollars: 1_000_000)
            let width = 512
            let terms = hub.office.terms
            try await withThrowingTaskGroup(of: Void.self) { group in
                for first in 0..<width {
                    group.addTask {
                        for number in stride(from: first, to: postings, by: width) {
                            let call = LedgerHub.call(first + 1, number, tokens: 1)
                            _ = try await hub.office.insist(Ledger.Record(call, terms: terms), of: Self.account)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// How many postings the account says that it has, and how long that took from before the store was opened.
    private func firstAnswer() async throws -> (postings: UInt64, time: Duration) {
        let clock = ContinuousClock()
        let start = clock.now
        return try await LedgerHub.run(in: folder) { hub in
            let balance = try await hub.office.ask(Ledger.ShowBalance(), of: Self.account)
            return (balance.postings, clock.now - start)
        }
    }
}
