internal import MeshAccounts
internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshLedger
internal import MeshStore

/// Accounts that are charged until they are killed: for Tests/ProcessTests/test_ledger_kills.py.
enum LedgerCrashCommand {
    private static let folder = Option<String>("folder", "Where the hub's folder is.")
    private static let clients = Option<Int>("clients", as: .within(1...1_024), default: 16, "Clients at a time.")
    private static let life = Option<Int>("life", as: .within(0...1_000_000), default: 0, "Which life this is.")
    private static let again = Option<String?>(
        "again",
        valueName: "CLIENT.NUMBER,…",
        "Calls that are told again first: nobody knows what became of them."
    )

    static let command = Command(
        "ledger-crash",
        summary: "Charge four accounts until killed, printing what is asked and what is told.",
        parameters: [folder, clients, life, again]
    ) { invocation in
        // Small segments begin and are dropped all the time.
        var configuration = LogConfiguration()
        configuration.segmentBytes = 1_024 * 1_024
        configuration.allocationStepBytes = 256 * 1_024
        let (clients, life, terminal) = (invocation[clients], invocation[life], invocation.terminal)
        let again = try (invocation[again] ?? "").split(separator: ",").map { text in
            let parts = text.split(separator: ".")
            guard parts.count == 2, let client = Int(parts[0]), let number = UInt64(parts[1]) else {
                throw invocation.usageError("--again takes CLIENT.NUMBER, with commas between")
            }
            return (client, number)
        }
        try await LedgerHub.run(in: invocation[folder], configuration) { hub in
            let crash = LedgerCrash(hub: hub, life: UInt64(life), terminal: terminal)
            try await withThrowingTaskGroup(of: Void.self) { group in
                // Without a pause, so that a kill meets it.
                group.addTask { while !Task.isCancelled { _ = await hub.exporter.round() } }
                for account in 0..<LedgerCrash.accounts { try await crash.begin(account) }
                for (client, number) in again { try await crash.settle(client, number) }
                for client in 0..<clients { group.addTask { try await crash.run(client) } }
                try await group.next()
                group.cancelAll()
            }
        }
        return .success
    }
}

/// Each line is one write, so that what a killed process has printed are whole lines.
private struct LedgerCrash: Sendable {
    let hub: LedgerHub
    let life: UInt64
    let terminal: Terminal

    static let accounts = 4

    private func account(_ number: Int) -> String { "acct-\(number % Self.accounts)" }

    func begin(_ number: Int) async throws {
        let name = account(number)
        _ = try await hub.office.ask(Ledger.SetTier(.managed, terms: hub.office.terms), of: name)
        func id(_ part: UInt64) -> UniqueID { UniqueID(high: 1 << 63 | part << 32 | UInt64(number), low: life) }
        let credit = Money(nanodollars: 1_000_000_000)
        _ = try await hub.office.ask(Ledger.AddCredit(id(1), .paid, credit), of: name)
        // What it owes stays below its ceiling.
        let payment = Money(nanodollars: 20_000_000_000)
        _ = try await hub.office.ask(Ledger.NotePayment(id(2), payment), of: name)
        try terminal.writeLine("begun \(name)")
    }

    func run(_ client: Int) async throws {
        for number in (life << 32)... {
            let call = LedgerHub.call(client, number)
            try terminal.writeLine("asked \(client).\(number)")
            do throws(CallFailure<LedgerRefusal>) {
                _ = try await hub.office.ask(Ledger.Reserve(call, terms: hub.office.terms), of: account(client))
            } catch {
                if case .overloaded = error { continue }
                guard case .refused(.ceilingExceeded) = error else { throw error }
                // Its account has nothing left for this life; the others go on.
                return await forever()
            }
            try terminal.writeLine("held \(client).\(number)")
            try await settle(client, number)
        }
    }

    /// Charges what the call used, all of it; a call of which no hold is known was never admitted.
    func settle(_ client: Int, _ number: UInt64) async throws {
        let call = LedgerHub.call(client, number)
        do throws(CallFailure<LedgerRefusal>) {
            let settle = Ledger.Settle(call.id, usage: call.worst, end: .complete)
            let receipt = try await hub.office.ask(settle, of: account(client))
            try? terminal.writeLine("told \(client).\(number) \(receipt.charge.total.nanodollars)")
        } catch {
            guard case .refused(.unknownCall) = error else { throw error }
            try? terminal.writeLine("unknown \(client).\(number)")
        }
    }

    private func forever() async {
        _ = try? await OneShot<Done>().wait()
    }
}
