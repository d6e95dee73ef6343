internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshIdentity
internal import MeshJSON

/// Makes a key, and prints it once.
enum KeysCreateCommand {
    private static let name = Option<KeyName>("name", "What the key is called, for lists and logs.")
    private static let scope = Option<ScopeList>(
        "scope",
        default: ScopeList(scopes: [.chat]),
        "What it is good for: chat (ask models), read (see how the node fares), operate (send commands to edges)."
    )
    private static let expires = Option<Lifetime?>("expires", "How long it counts (default: until it is taken back).")
    private static let perMinute = Option<Int>(
        "per-minute",
        as: .within(1...Limits.Keys.maximumRequestsPerMinute),
        default: Limits.Keys.requestsPerMinute,
        "Requests to models in any sliding minute."
    )

    static let command = Command(
        "create",
        summary: "Make a key, and print it: nobody can print it again.",
        discussion: """
            Standard output gets the key and nothing else, so that it can be piped to where it is needed; what it is \
            goes to standard error. The hub keeps its SHA-256. A name is free again when its key is taken back.
            """,
        parameters: [
            name, scope, expires, perMinute, KeysCommand.tenant, KeysCommand.data, KeysCommand.json, KeysCommand.quiet,
        ],
        examples: [
            "meshnode keys create --name ci --expires 90d": "For chats, for a quarter of a year.",
            "meshnode keys create --name grafana --scope read > grafana.key": "The file holds the key alone.",
        ],
        exitCodes: KeysCommand.exitCodes
    ) { invocation in
        var request = KeyRequest(
            name: invocation[name].text,
            scopes: invocation[scope].scopes.map(\.rawValue)
        )
        request.tenant = invocation[KeysCommand.tenant]?.text
        request.seconds = invocation[expires]?.seconds
        request.requestsPerMinute = Int64(invocation[perMinute])
        let body = request.bytes
        return await KeysCommand.run(invocation) { client throws(OperatorError) in
            let made = try await client.ask(.post, APIPath.keys, body: body, as: NewKeyDocument.self)
            do {
                let isJSON = invocation[KeysCommand.json]
                try invocation.terminal.writeLine(isJSON ? JSONWriter.text(of: made.json) : made.text)
            } catch {
                throw OperatorError(
                    .failed,
                    "the key is made and could not be printed: take it back (meshnode keys revoke \(made.key.id))"
                )
            }
            guard !invocation[KeysCommand.quiet], !invocation[KeysCommand.json] else { return }
            let (key, end) = (made.key, made.key.expires.map { "until \($0)" } ?? "until it is taken back")
            invocation.terminal.writeErrorLine(
                "Key '\(key.name)' (\(key.id)) of '\(key.tenant)' for \(key.scopes.joined(separator: ", ")), \(end), "
                    + "\(key.requestsPerMinute) requests a minute. Keep it: it is not shown again."
            )
        }
    }
}
