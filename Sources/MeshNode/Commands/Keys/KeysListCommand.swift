internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// Shows which keys there are.
enum KeysListCommand {
    static let command = Command(
        "list",
        summary: "Show which keys there are, and those that were.",
        discussion: "Without --tenant those of all tenants, the oldest first. No secret is shown: the hub has none.",
        parameters: [KeysCommand.tenant, KeysCommand.data, KeysCommand.json],
        examples: ["meshnode keys list --json": "For a program to read."],
        exitCodes: KeysCommand.exitCodes
    ) { invocation in
        let tenant = invocation[KeysCommand.tenant]
        return await KeysCommand.run(invocation) { client throws(OperatorError) in
            let (keys, hasMore) = try await client.keys(of: tenant)
            do {
                try invocation.terminal.write(invocation[KeysCommand.json] ? json(keys) : table(keys))
            } catch {
                throw OperatorError(.failed, "what was found cannot be printed")
            }
            if hasMore {
                invocation.terminal.writeErrorLine("\(invocation.commandName): warning: there are more keys than these")
            }
        }
    }

    private static func json(_ keys: [KeyDocument]) -> String {
        JSONWriter.text(of: KeysDocument(keys: keys, next: nil).json, isIndented: true) + "\n"
    }

    private static func table(_ keys: [KeyDocument]) -> String {
        var table = Table(columns: [
            .init("id"), .init("name"), .init("tenant"), .init("scopes"), .init("a minute", .right), .init("created"),
            .init("expires"), .init("state"),
        ])
        for key in keys {
            table.append([
                key.id, key.name, key.tenant, key.scopes.joined(separator: ","), String(key.requestsPerMinute),
                key.created, key.expires ?? "-", key.state.rawValue,
            ])
        }
        return table.text
    }
}
