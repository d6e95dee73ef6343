import Glibc
import MeshAccounts
import MeshActors
import MeshCore
import MeshLedger
import MeshStore
import MeshTestKit
import MeshUsageStore
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Carrying usage into its database` {
    @Test func `stores every posting once, over the lives of a hub and snapshots of accounts`() async throws {
        let accounts = try StoredAccounts()
        for life in 0..<3 {
            try await accounts.live { _, exporter in
                try await accounts.use("acme", UInt64(life) * 200..<UInt64(life) * 200 + 200)
                try await accounts.use("other", UInt64(life) * 5..<UInt64(life) * 5 + 5)
                // Half of it by name, the rest by a look at all.
                exporter.note("acme")
                #expect(await exporter.round())
                #expect(await exporter.round())
                #expect(exporter.counts.waiting == 0 && exporter.counts.failures == 0)
            }
        }
        let reports = try accounts.inspect()
        #expect(reports.map(\.account) == ["acme", "other"])
        #expect(reports.map(\.faults) == [[], []])
        // Each a charge for each call.
        #expect(reports.map(\.postings) == [600, 15])
        #expect(reports.map(\.stored) == [600, 15])
    }

    @Test func `makes the database again from the journal, whatever has become of it`() async throws {
        let accounts = try StoredAccounts()
        try await accounts.live { _, exporter in
            try await accounts.use("acme", 0..<300)
            #expect(await exporter.round())
        }
        let whole = try accounts.inspect()
        for harm in ["deleted", "damaged", "ahead", "another"] {
            switch harm {
            case "deleted": unlink(accounts.usagePath)
            case "damaged":
                let file = open(accounts.usagePath, O_WRONLY)
                _ = pwrite(file, [UInt8](repeating: 9, count: 128), 128, 0)
                close(file)
            case "ahead": try accounts.tamper("UPDATE cursors SET head = head + 7")
            default:
                try accounts.tamper("UPDATE cursors SET command = 'another'")
                try accounts.tamper("INSERT INTO cursors VALUES ('x', 1, '', 0)")
            }
            try await accounts.live { _, exporter in
                // What is damaged is put aside by the round that finds it.
                let isWell = await exporter.round()
                #expect(isWell == (harm != "damaged"))
                if !isWell {
                    #expect(exporter.counts.failure?.hasPrefix("usage.damaged") == true)
                    #expect(await exporter.round())
                    #expect(exporter.counts.failure == nil)
                }
            }
            #expect(try accounts.inspect() == whole, "\(harm)")
        }
        let events = Set(accounts.log.records.map(\.event.name))
        #expect(events.isSuperset(of: ["usage.not-stored", "usage.stored-again", "usage.begun-anew"]))
    }

    @Test func `carries more than Limits.UsageStore.maximumBatchRows in several transactions`() async throws {
        let accounts = try StoredAccounts()
        let count = UInt64(Limits.UsageStore.maximumBatchRows) + 100
        try await accounts.live { _, exporter in
            try await accounts.use("acme", 0..<count)
            #expect(await exporter.round())
            #expect(exporter.counts.rows == count)
            #expect(exporter.counts.batches > 1)
        }
        #expect(try accounts.inspect().map(\.stored) == [count])
    }

    @Test func `looks at all accounts where more than Limits.UsageExport.maximumNoted are named`() async throws {
        let accounts = try StoredAccounts()
        try await accounts.live { _, exporter in
            #expect(await exporter.round())
            for number in 0..<Limits.UsageExport.maximumNoted { exporter.note("account-\(number)") }
            #expect(exporter.counts.waiting == Limits.UsageExport.maximumNoted)
            exporter.note("one more")
            #expect(exporter.counts.waiting == 0)
            try await accounts.use("acme", 0..<1)
            #expect(await exporter.round())
            #expect(exporter.counts.rows == 1)
        }
    }

    /// What carries from a journal that fails when it is told to, in a time that passes when it is told to.
    private func faultyExporter(
        of accounts: StoredAccounts,
        _ store: LogStore
    ) -> (UsageExporter, FaultyJournal, VirtualClock) {
        let clock = VirtualClock()
        let journal = FaultyJournal(store, clock: clock)
        let logger = Logger(sink: accounts.log, clock: clock, minimumLevel: .debug)
        let usage = UsageStore(path: accounts.usagePath)
        return (UsageExporter(from: journal, to: usage, clock: clock, logger: logger), journal, clock)
    }

    @Test func `lets nobody wait for a journal that cannot be read, and tries it again by itself`() async throws {
        let accounts = try StoredAccounts()
        try await accounts.live { store, _ in
            for account in ["acme", "beta"] { try await accounts.use(account, 0..<3) }
            let (exporter, journal, clock) = faultyExporter(of: accounts, store)
            let beta = try ActorAddress(Ledger.kind, "beta")
            journal.failReads(of: beta, true)
            #expect(await !exporter.round())
            #expect(exporter.counts.rows == 3 && exporter.counts.waiting == 1 && exporter.counts.failures == 1)
            #expect(exporter.counts.failure?.hasPrefix("journal.corrupt") == true)
            let (scans, reads) = (journal.scanCount, journal.readCount(of: beta))
            // Others go on by their names, and nobody looks at all accounts for its sake, or at it, noted or not.
            try await accounts.use("acme", 3..<5)
            exporter.note("acme")
            exporter.note("beta")
            #expect(await !exporter.round())
            #expect(exporter.counts.rows == 5 && exporter.counts.waiting == 1 && exporter.counts.failures == 1)
            #expect(journal.scanCount == scans && journal.readCount(of: beta) == reads)
            #expect(exporter.counts.lastWell == nil)
            // Its time has come, and it can be read again.
            journal.failReads(of: beta, false)
            async let slept: Void = clock.sleep(for: Limits.UsageExport.retryPause)
            while !clock.advanceToNextDeadline() { try await accounts.clock.sleep(for: .milliseconds(1)) }
            try await slept
            #expect(await exporter.round())
            #expect(exporter.counts.rows == 8 && exporter.counts.waiting == 0 && exporter.counts.failure == nil)
            #expect(journal.scanCount == scans)
        }
        #expect(try accounts.inspect().map(\.stored) == [5, 3])
        let events = accounts.log.records.map(\.event.name).filter { $0.hasPrefix("usage.") }
        #expect(events == ["usage.not-stored", "usage.stored-again"])
    }

    @Test func `rests no longer where one journal cannot be read, and tries that one by its own pause`() async throws {
        let accounts = try StoredAccounts()
        try await accounts.live { store, _ in
            for account in ["acme", "beta"] { try await accounts.use(account, 0..<3) }
            let (exporter, journal, clock) = faultyExporter(of: accounts, store)
            let beta = try ActorAddress(Ledger.kind, "beta")
            journal.failReads(of: beta, true)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await exporter.run() }
                func waitForRest() async throws {
                    while clock.sleeperCount == 0 { try await accounts.clock.sleep(for: .milliseconds(1)) }
                }
                try await waitForRest()
                let scans = journal.scanCount
                for _ in 0..<10 {
                    let before = clock.now
                    #expect(clock.advanceToNextDeadline())
                    #expect(clock.now - before == Limits.UsageExport.interval)
                    try await waitForRest()
                }
                // At the begin, and each time that its pause had passed.
                #expect(journal.readCount(of: beta) == 1 + Int((clock.now - .origin) / Limits.UsageExport.retryPause))
                #expect(journal.scanCount == scans)
                group.cancelAll()
            }
        }
    }

    @Test func `keeps no more than Limits.UsageExport.maximumNoted accounts that cannot be read`() async throws {
        let accounts = try StoredAccounts()
        try await accounts.live { store, _ in
            let (exporter, journal, _) = faultyExporter(of: accounts, store)
            #expect(await exporter.round())
            for part in 0..<2 {
                for number in 0..<Limits.UsageExport.maximumNoted {
                    let name = "account-\(part)-\(number)"
                    journal.failReads(of: try ActorAddress(Ledger.kind, name), true)
                    exporter.note(name)
                }
                #expect(await !exporter.round())
                #expect(exporter.counts.waiting == Limits.UsageExport.maximumNoted)
            }
        }
    }

    @Test func `goes on by itself, and rests for no longer than its bounds say`() async throws {
        // A posting waits a second, and five where the last round failed.
        #expect(Limits.UsageExport.interval <= Limits.UsageExport.retryPause)
        #expect(Limits.UsageExport.retryPause < Limits.UsageExport.scanInterval)
        let accounts = try StoredAccounts()
        try await accounts.live { _, exporter in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await exporter.run() }
                try await accounts.use("acme", 0..<3)
                exporter.note("acme")
                while exporter.counts.rows < 3 { try await accounts.clock.sleep(for: .milliseconds(20)) }
                group.cancelAll()
            }
        }
        #expect(try accounts.inspect().map(\.stored) == [3])
    }
}
