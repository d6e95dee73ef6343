internal import MeshAccounts
internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshLedger
internal import MeshNode
internal import MeshStore

/// How long an account with many postings takes until it has answered, after a kill and after a clean end.
enum LedgerStartCommand {
    private static let postings = Option<Int>(
        "postings",
        as: .within(1_000...10_000_000),
        default: 1_000_000,
        "Postings of one account."
    )
    private static let folder = Option<String>("folder", default: "./ledger-start", "A hub's folder, left there.")
    private static let isFilled = Flag("filled", "The folder has been filled before, as by a run that was killed.")
    private static let fillsOnly = Flag("fill", "Fill the folder and wait to be killed.")

    static let command = Command(
        "ledger-start",
        summary: "Charge one account very often, and measure how soon it answers after a start.",
        parameters: [postings, folder, isFilled, fillsOnly]
    ) { invocation in
        let path = invocation[folder]
        if !invocation[isFilled] {
            let elapsed = try await fill(path, invocation[postings], waits: invocation[fillsOnly], invocation.terminal)
            try invocation.terminal.writeLine("charging: \(elapsed)")
        }
        for _ in 0..<2 {
            let start = ContinuousClock.now
            let line = try await LedgerHub.run(in: path) { hub in
                let opened = ContinuousClock.now
                let balance = try await hub.office.ask(Ledger.ShowBalance(), of: "acme")
                let answered = ContinuousClock.now
                return "opening the store: \(opened - start); the account: \(answered - opened); \(balance)"
            }
            try invocation.terminal.writeLine(line)
        }
        return .success
    }

    private static func fill(
        _ path: String,
        _ postings: Int,
        waits: Bool,
        _ terminal: Terminal
    ) async throws -> Duration {
        try await LedgerHub.run(in: path) { hub in
            let start = ContinuousClock.now
            let next = Lock(UInt64(0))
            let terms = hub.office.terms
            _ = try await hub.office.ask(Ledger.SetTier(.managed, terms: terms), of: "acme")
            let credit = Money(nanodollars: Limits.Ledger.maximumEntry)
            _ = try await hub.office.ask(Ledger.AddCredit(UniqueID(high: 0, low: 1), .paid, credit), of: "acme")
            try await withThrowingTaskGroup(of: Void.self) { clients in
                for client in 0..<256 {
                    clients.addTask {
                        while true {
                            let number = next.withLock { next in
                                defer { next += 1 }
                                return next
                            }
                            if number >= UInt64(postings) { return }
                            let call = LedgerHub.call(client, number)
                            _ = try await hub.office.ask(Ledger.Reserve(call, terms: terms), of: "acme")
                            let settle = Ledger.Settle(call.id, usage: call.worst, end: .complete)
                            _ = try await hub.office.ask(settle, of: "acme")
                        }
                    }
                }
                try await clients.waitForAll()
            }
            let elapsed = ContinuousClock.now - start
            if waits {
                try terminal.writeLine("filled")
                _ = try? await OneShot<Done>().wait()
            }
            return elapsed
        }
    }
}
