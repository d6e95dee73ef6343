internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshStore
internal import MeshWire

/// The records of a store, for people.
enum StoreDumpCommand {
    private static let actor = Option<String?>("actor", valueName: "KIND/KEY", "Only this actor's records.")

    static let command = Command(
        "dump",
        summary: "Print a store's records, oldest first.",
        parameters: [StoreCommand.folder, actor],
        examples: ["meshnode store dump /var/lib/meshnode/store --actor ledger/acct-1": "One account's whole history."]
    ) { invocation in
        let disk = try StoreCommand.store(invocation).lookAtLog()
        let address = try invocation[actor].map { try parse($0, invocation) }
        var lines: [String] = []
        // The store hands out lines where errors of a terminal have no place; they are written as they fill a page.
        var failure: (any Error)?
        do throws(JournalError) {
            try StoreTool.dump(disk, of: address) { line throws(JournalError) in
                lines.append(line)
                guard lines.count == 256 else { return }
                do { try flush(&lines, invocation) } catch {
                    failure = error
                    throw JournalError(.closed, "nobody reads the records any more")
                }
            }
        } catch {
            if let failure { throw failure }
            // What stands right before a fault is what people look for.
            try flush(&lines, invocation)
            throw error
        }
        try flush(&lines, invocation)
        return .success
    }

    private static func flush(_ lines: inout [String], _ invocation: Invocation) throws {
        for line in lines { try invocation.terminal.writeLine(line) }
        lines = []
    }

    private static func parse(_ text: String, _ invocation: Invocation) throws -> ActorAddress {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let kind = try? ActorKind(checking: parts[0]),
            let address = try? ActorAddress(kind, parts[1])
        else { throw invocation.usageError("--actor takes KIND/KEY, as in ledger/acct-1") }
        return address
    }
}
