internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// `synesis ledger accounts`.
enum LedgerAccountsCommand {
    static func command(_ ground: CommandGround) -> Command {
        Command(
            "accounts",
            summary: "List the accounts of a hub, and how they stand.",
            discussion: """
                Those in which something stands: one that has asked for nothing yet is none. OWED is what was used \
                and not paid ahead; AVAILABLE is what a further call may cost at most. --json has all that balance \
                says of each.
                """,
            examples: [
                "synesis ledger accounts": "All of them, by name.",
                "synesis ledger accounts --quiet": "Names alone, one on a line.",
            ],
            exitCodes: SynesisExit.gatewayMeanings
        ) { invocation in
            try await GatewaySession.run(invocation, ground, needs: .accounts) { session in
                let list = try await fetch(session.gateway)
                switch session.screen.form {
                case .json:
                    let unread = list.unread.map { JSONValue.string($0) }
                    try session.screen.json(["accounts": .array(list.accounts.map(\.json)), "unread": .array(unread)])
                case .quiet:
                    let names = list.accounts.map(\.document.account) + list.unread
                    try session.screen.lines(names.sorted().map(\.printable))
                case .people: try show(list.accounts.map(\.document), session.screen)
                }
                for name in list.unread { warn(session, "\(name.printable) cannot be asked now") }
                if !list.isWhole { warn(session, "the hub has more accounts than are listed") }
                return .success
            }
        }
    }

    private static func warn(_ session: GatewaySession, _ words: String) {
        session.screen.note("synesis ledger accounts: warning: \(words)")
    }

    /// Accounts, as they were understood and as they came, and the names of those that could not be asked.
    private struct List {
        var accounts: [(document: AccountDocument, json: JSONValue)] = []
        var unread: [String] = []
        var isWhole = false
    }

    private static func fetch(_ gateway: GatewayClient) async throws -> List {
        let target = APIPath.ledger("accounts") + "?limit=100"
        var (page, list) = ("", List())
        for _ in 0..<Limits.Commands.maximumPages {
            let answer = try await gateway.get(target + page, as: AccountsDocument.self)
            let raw = answer.json["accounts"]?.array ?? []
            list.accounts += zip(answer.document.accounts, raw).map { ($0, $1) }
            list.unread += answer.document.unread
            guard let next = answer.document.next else {
                list.isWhole = true
                break
            }
            page = "&after=\(APIPath.percentEncoded(next))"
        }
        return list
    }

    private static func show(_ accounts: [AccountDocument], _ screen: Screen) throws {
        guard !accounts.isEmpty else { return screen.nothing("No accounts. One begins with the first call.") }
        let layout = table(accounts).layout(width: screen.width)
        try screen.lines(layout.lines(inColour: screen.isColoured))
    }

    private static func table(_ accounts: [AccountDocument]) -> ScreenTable {
        var table = ScreenTable([
            .init("ACCOUNT", least: 16), .init("TIER", rank: 2), .init("BALANCE", isRight: true, rank: 3),
            .init("OWED", isRight: true), .init("AVAILABLE", isRight: true), .init("SUSPENDED", rank: 1, least: 8),
        ])
        for account in accounts {
            table.append([
                Cell(account.account), Cell(account.tier, .dim), amount(account.balance, account.display["balance"]),
                amount(account.owed, account.display["owed"]),
                amount(account.available, account.display["available"]),
                account.suspended.map { Cell($0.printable, .red) } ?? Cell("-", .dim),
            ])
        }
        return table
    }

    private static func amount(_ exact: String, _ shown: String?) -> Cell {
        Cell(shown ?? AccountView.dollars(exact), exact.hasPrefix("-") ? .yellow : .plain)
    }
}
