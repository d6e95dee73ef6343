internal import MeshAccounts
internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON
internal import MeshLedger
internal import MeshStore
internal import MeshUsageStore

/// Proves every account from its first entry on.
enum LedgerVerifyCommand {
    static let command = Command(
        "verify",
        summary: "Prove every account from its journal.",
        discussion: """
            Reads each account's journal from its first entry to its last. At every posting all books come to nothing; \
            each charge of a call that was reserved is its price, its multiplier and its usage, rounded once; the \
            journal gives the very account that the hub would come back with from its snapshot; what Stripe was told \
            of, what it is still to be told of and what credits paid for are the usage; invoices are what was \
            flushed. The database of usage, where there is one, has the very postings of the journal as far as it \
            goes; what it still lacks is no fault. Where it cannot be read, that is a fault of its own, and the \
            journals are proved without it.
            """,
        parameters: [LedgerCommand.folder, LedgerCommand.json],
        examples: ["meshnode ledger verify /var/lib/meshnode": "Ends with 0 only where everything holds."],
        exitCodes: [LedgerCommand.faulty: "Something does not hold; the lines with FAULT say what."]
    ) { invocation in
        let place = LedgerCommand.Place(invocation[LedgerCommand.folder])
        let (store, disk) = try LedgerCommand.open(place)
        defer { disk.close() }
        var inspection = LedgerInspection(of: store, andUsageAt: place.usagePath)
        var reports: [AccountReport] = []
        try inspection.run { reports.append($0) }
        let found = Findings(reports: reports, hasUsage: place.usagePath != nil, usageFault: inspection.usageFault)
        try invocation.terminal.write(invocation[LedgerCommand.json] ? json(found) : text(found))
        return found.areProved ? .success : LedgerCommand.faulty
    }

    private struct Findings {
        let reports: [AccountReport]
        let hasUsage: Bool
        let usageFault: UsageStoreError?

        var areProved: Bool { usageFault == nil && reports.allSatisfy(\.faults.isEmpty) }
    }

    private static func text(_ found: Findings) -> String {
        let reports = found.reports
        var table = Table(columns: [
            .init("account"), .init("postings", .right), .init("charged", .right), .init("refunded", .right),
            .init("by credits", .right), .init("flushed", .right), .init("unflushed", .right),
            .init("invoiced", .right), .init("credits", .right), .init("owed", .right), .init("stored", .right),
            .init("faults", .right),
        ])
        for report in reports {
            let totals = report.totals
            let figures = [
                totals.charged, totals.refunded, totals.creditFunded, totals.flushed, report.unflushed,
                totals.invoiced, report.books.credits, report.books.owed,
            ]
            table.append(
                [report.account, String(report.postings)] + figures.map { String($0) }
                    + [report.stored.map { String($0) } ?? "-", String(report.faults.count)]
            )
        }
        var text = table.text
        for report in reports {
            for fault in report.faults { text += "FAULT  \("\(report.account): \(fault)".printable)\n" }
        }
        if let fault = found.usageFault { text += "FAULT  \("the database of usage: \(fault)".printable)\n" }
        let postings = reports.reduce(UInt64(0)) { $0 + $1.postings }
        let faults = reports.reduce(found.usageFault == nil ? 0 : 1) { $0 + $1.faults.count }
        if !found.hasUsage { text += "note   there is no database of usage beside it\n" }
        let verdict = found.areProved ? "proved" : "not proved"
        return text + "\(verdict): \(reports.count) accounts, \(postings) postings, \(faults) faults\n"
    }

    /// Figures are texts: not every reader of JSON has integers of so many digits.
    private static func json(_ found: Findings) -> String {
        let accounts = found.reports.map { report -> JSONValue in
            [
                "account": .string(report.account),
                "entries": .integer(Int64(clamping: report.entries)),
                "postings": .integer(Int64(clamping: report.postings)),
                "charged": text(report.totals.charged),
                "refunded": text(report.totals.refunded),
                "credit_funded": text(report.totals.creditFunded),
                "flushed": text(report.totals.flushed),
                "unflushed": text(report.unflushed),
                "invoiced": text(report.totals.invoiced),
                "credits": text(report.books.credits),
                "owed": text(report.books.owed),
                "held": text(report.held),
                "stored": report.stored.map { .integer(Int64(clamping: $0)) } ?? .null,
                "faults": .array(report.faults.map { .string($0) }),
            ]
        }
        let document: JSONValue = [
            "proved": .bool(found.areProved),
            "usage_store": .bool(found.hasUsage),
            "usage_fault": found.usageFault.map { .string("\($0)") } ?? .null,
            "accounts": .array(accounts),
        ]
        return JSONWriter.text(of: document, isIndented: true) + "\n"
    }

    private static func text(_ figure: Int128) -> JSONValue { .string(String(figure)) }
}
