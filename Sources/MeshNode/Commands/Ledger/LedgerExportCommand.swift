internal import MeshAccounts
internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON
internal import MeshLedger
internal import MeshStore
internal import MeshUsageStore

/// Prints every posting, for another program to read.
enum LedgerExportCommand {
    private static let csv = Flag("csv", "Print comma-separated values with a line of names; the default.")
    private static let lines = Flag("json", "Print one JSON object for each posting, each on a line of its own.")

    static let command = Command(
        "export",
        summary: "Print the postings of accounts.",
        discussion: """
            Account by account, in the order in which money moved, from the journal itself. The columns are those of \
            the table `postings` of the database of usage.
            """,
        parameters: [LedgerCommand.folder, csv, lines, LedgerCommand.account],
        examples: ["meshnode ledger export --csv /var/lib/meshnode > postings.csv": "All that ever moved."],
        exitCodes: [.failure: "The folder cannot be read, or has no account of that name."]
    ) { invocation in
        let isJSON = invocation[lines]
        if isJSON, invocation[csv] { throw invocation.usageError("--csv and --json exclude each other") }
        let (store, disk) = try LedgerCommand.open(LedgerCommand.Place(invocation[LedgerCommand.folder]))
        defer { disk.close() }
        if let account = invocation[LedgerCommand.account] {
            // A name that was misspelt is no account that has used nothing.
            let first = try store.entries(of: ActorAddress(Ledger.kind, account), after: .none)
            if first.isEmpty { return LedgerCommand.refuseUnknown(invocation) }
        }
        var page = isJSON ? "" : UsageRow.columns.joined(separator: ",") + "\n"
        try LedgerPostings(in: store).forEach(of: invocation[LedgerCommand.account]) { row in
            page += isJSON ? json(row) : values(row)
            guard page.utf8.count >= Self.pageBytes else { return }
            try invocation.terminal.write(page)
            page = ""
        }
        try invocation.terminal.write(page)
        return .success
    }

    private static func values(_ row: UsageRow) -> String {
        let cells = row.cells.map { cell in cell.number.map { String($0) } ?? CommaSeparated.cell(cell.text ?? "") }
        return cells.joined(separator: ",") + "\n"
    }

    private static func json(_ row: UsageRow) -> String {
        var object = JSONObject()
        for (name, cell) in zip(UsageRow.columns, row.cells) {
            object[name] = cell.number.map { .integer($0) } ?? cell.text.map { .string($0) } ?? .null
        }
        return JSONWriter.text(of: .object(object)) + "\n"
    }

    private static let pageBytes = 64 * 1_024
}
