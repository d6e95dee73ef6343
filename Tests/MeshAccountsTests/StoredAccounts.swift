import Glibc
import MeshAccounts
import MeshActors
import MeshCore
import MeshIO
import MeshLedger
import MeshStore
import MeshTestKit
import MeshUsageStore

/// The accounts of one life of a hub on a real store in a folder of its own, which is gone with the last reference.
final class StoredAccounts: Sendable {
    let folder: String
    let office: LedgerOffice
    let clock: MachineClock
    let log = VolatileLogSink()

    var usagePath: String { "\(folder)/usage.sqlite" }
    var logPath: String { "\(folder)/log" }

    init() throws {
        var template = Array("/tmp/meshaccounts-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw UsageStoreError(.unusable, "no temporary folder") }
        folder = template.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        clock = MachineClock(loop: try EventLoop.start(name: "accounts-clock"))
        office = LedgerOffice(policy: try AccountsGround.shippedPolicy(), clock: clock)
    }

    deinit {
        for name in (try? POSIXDisk.names(in: logPath)) ?? [] { unlink("\(logPath)/\(name)") }
        rmdir(logPath)
        for name in (try? POSIXDisk.names(in: folder)) ?? [] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    /// Small segments, so that some are dropped.
    static var configuration: LogConfiguration {
        var configuration = LogConfiguration()
        configuration.segmentBytes = 64 * 1_024
        configuration.allocationStepBytes = 16 * 1_024
        configuration.keepsHistoryOf = [Ledger.kind]
        return configuration
    }

    /// A life of the hub, with an exporter that nobody runs but `body`.
    func live(_ body: (LogStore, UsageExporter) async throws -> Void) async throws {
        let store = try await LogStore.open(on: POSIXDisk(path: logPath), index: VolatileIndex(), Self.configuration)
        let owner = Owner(node: try NodeID("hub-1"), incarnation: store.generation)
        let logger = Logger(sink: log, clock: clock, minimumLevel: .debug)
        let node = ActorNode(
            owner: owner,
            kinds: office.kinds(telling: VolatileSink()),
            membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
            journal: store,
            transport: nil,
            clock: clock,
            generator: SeededGenerator(seed: store.generation),
            logger: logger
        )
        office.open(on: node)
        let usage = UsageStore(path: usagePath)
        let exporter = UsageExporter(from: store, to: usage, clock: clock, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await node.run() }
            try await body(store, exporter)
            await node.drain()
            group.cancelAll()
        }
        await usage.close()
        try await store.close()
        withExtendedLifetime(node) {}
    }

    /// The calls of those numbers of `account`, charged by eight clients; each costs a tenth of a cent, and the fee.
    func use(_ account: String, _ numbers: Range<UInt64>) async throws {
        let terms = office.terms
        _ = try await office.ask(Ledger.SetTier(.managed, terms: terms), of: account)
        try await withThrowingTaskGroup(of: Void.self) { [office] group in
            for client in 0..<UInt64(8) {
                group.addTask {
                    for number in numbers where number % 8 == client {
                        let call = Sample.call(number, 1)
                        _ = try await office.ask(Ledger.Reserve(call, terms: terms), of: account)
                        let settle = Ledger.Settle(call.id, usage: call.worst, end: .complete)
                        _ = try await office.ask(settle, of: account)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// What an inspection finds while nobody has the store open, and what keeps it from reading the database.
    func inspectWhole() throws -> (reports: [AccountReport], usageFault: UsageStoreError?) {
        let disk = try POSIXDisk(path: logPath)
        defer { disk.close() }
        let hasUsage = access(usagePath, F_OK) == 0
        let store = try StoppedStore(disk, of: Ledger.kind)
        var inspection = LedgerInspection(of: store, andUsageAt: hasUsage ? usagePath : nil)
        var reports: [AccountReport] = []
        try inspection.run { reports.append($0) }
        return (reports, inspection.usageFault)
    }

    /// What an inspection finds of each account; the database, where there is one, can be read.
    func inspect() throws -> [AccountReport] {
        let found = try inspectWhole()
        if let fault = found.usageFault { throw fault }
        return found.reports
    }

    /// Changes the database as somebody may who should not.
    func tamper(_ sql: String) throws {
        let connection = try SQLiteConnection(path: usagePath, .writing)
        try connection.run(sql)
    }
}
