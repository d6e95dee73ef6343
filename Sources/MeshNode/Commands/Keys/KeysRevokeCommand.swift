internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshJSON

/// Takes a key back.
enum KeysRevokeCommand {
    private static let key = Argument<String>("key", "The key's name or its id.")

    static let command = Command(
        "revoke",
        summary: "Take a key back, for ever.",
        discussion: """
            When this returns, no request that shows the key is answered any more; an answer that is under way goes \
            on to its end. A key that was taken back stays in the list for a while.
            """,
        parameters: [key, KeysCommand.tenant, KeysCommand.data, KeysCommand.json, KeysCommand.quiet],
        examples: ["meshnode keys revoke ci": "By its name.", "meshnode keys revoke 5pz04c8t": "By its id."],
        exitCodes: KeysCommand.exitCodes
    ) { invocation in
        let (wanted, tenant) = (invocation[key], invocation[KeysCommand.tenant])
        return await KeysCommand.run(invocation) { client throws(OperatorError) in
            let id = try find(wanted, in: try await client.keys(of: tenant).keys)
            let gone = try await client.ask(.delete, "\(APIPath.keys)/\(id)", as: KeyDocument.self)
            do {
                if invocation[KeysCommand.json] {
                    try invocation.terminal.writeLine(JSONWriter.text(of: gone.json))
                } else if !invocation[KeysCommand.quiet] {
                    try invocation.terminal.writeLine(
                        "Key '\(gone.name)' (\(gone.id)) of '\(gone.tenant)' counts no more."
                    )
                }
            } catch {
                throw OperatorError(.failed, "the key is taken back, and that cannot be printed")
            }
        }
    }

    /// An id is meant before a name, a key that counts before one that is over.
    private static func find(_ wanted: String, in keys: [KeyDocument]) throws(OperatorError) -> String {
        if let key = keys.first(where: { $0.id == wanted }) { return key.id }
        let named = keys.filter { $0.name == wanted }
        let counting = named.filter { $0.state == .valid }
        guard Set(counting.map(\.tenant)).count <= 1 else {
            let tenants = counting.map { "'\($0.tenant)'" }.joined(separator: ", ")
            throw OperatorError(
                .refused,
                "several tenants have a key '\(wanted)' (\(tenants)): say --tenant, or its id"
            )
        }
        guard let key = counting.first ?? named.last else {
            throw OperatorError(.refused, "there is no key '\(wanted.cut(toBytes: 64))': see `meshnode keys list`")
        }
        return key.id
    }
}
