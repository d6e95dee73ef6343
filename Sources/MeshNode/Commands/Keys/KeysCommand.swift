package import MeshCommandLine
internal import MeshCore
internal import MeshIdentity

/// `meshnode keys`: the API keys of the hub that runs on a folder.
package enum KeysCommand {
    static let data = Option<String>("data", as: .folder, default: "meshnode-hub", "The hub's folder.")
    static let tenant = Option<TenantID?>("tenant", "Whose keys.")
    static let json = Flag("json", "Print JSON in place of text.")
    static let quiet = Flag("quiet", "Print nothing but errors and what was asked for.")

    static let notRunning = ExitCode(rawValue: 3)
    static let refused = ExitCode(rawValue: 4)

    static let exitCodes: KeyValuePairs<ExitCode, String> = [
        notRunning: "No hub runs on the folder.",
        refused: "The hub says no, or the folder is an edge's; standard error says why.",
    ]

    /// The group of commands.
    package static let command = Command(
        "keys",
        summary: "Make, list and take back the API keys of a hub.",
        discussion: """
            Programs of the hub's own machine need no key where http.listen is an address of the loopback. Any other \
            listener has TLS and wants a key: authorization: Bearer mesh_…, or x-api-key.

            These commands talk to the hub that runs, at a port of its own that 'operator.json' in its folder names: \
            whoever may read that file may do this.
            """,
        subcommands: [KeysCreateCommand.command, KeysListCommand.command, KeysRevokeCommand.command]
    )

    /// Runs `body` with the hub; whatever keeps it from being done is one sentence and a code.
    static func run(
        _ invocation: Invocation,
        _ body: @Sendable (OperatorClient) async throws(OperatorError) -> Void
    ) async -> ExitCode {
        do throws(OperatorError) {
            try await OperatorClient.run(on: invocation[data], body)
            return .success
        } catch {
            invocation.terminal.writeErrorLine("\(invocation.commandName): error: \(error.message.printable)")
            return switch error.code {
            case .notRunning: notRunning
            case .refused: refused
            case .failed: .failure
            }
        }
    }
}

/// Scopes as people write them: `chat,read`.
struct ScopeList: Hashable, Sendable, CommandLineValue {
    let scopes: [KeyScope]

    static var commandLineSyntax: ValueSyntax<ScopeList> {
        let words = KeyScope.allCases.map(\.rawValue)
        return ValueSyntax(
            valueName: "SCOPES",
            expected: "one or several of \(words.joined(separator: ", ")), with commas between",
            completion: .words(words),
            read: { text in
                let found = text.split(separator: ",", omittingEmptySubsequences: false).map {
                    KeyScope(rawValue: String($0))
                }
                guard !found.contains(nil) else { return nil }
                return ScopeList(scopes: found.compactMap { $0 })
            },
            print: { $0.scopes.map(\.rawValue).joined(separator: ",") }
        )
    }
}
