internal import MeshAccounts
package import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshIO
package import MeshLedger
internal import MeshStore
internal import MeshStripe

/// Holds what accounts say Stripe was told of in a month against what Stripe's meter says.
enum LedgerReconcileCommand {
    private static let month = Option<BillingPeriod?>("month", "This month, UTC; the present one where none is named.")
    private static let json = Flag("json", "Print JSON in place of the table.")
    /// Of the settings of a hub, those that say how Stripe is asked.
    private static let settings = [
        Settings.stripeKeyFile.row, Settings.stripeMeterID.row, Settings.stripeBaseURL.row,
    ]
    private static let unasked = ExitCode(rawValue: 4)

    static let command = Command(
        "reconcile",
        summary: "Hold a month of every account against Stripe's meter.",
        discussion: """
            Reads from each account's journal what Stripe was told of in the month, and asks Stripe for the sum that \
            its meter has of the account's customer. Both agree where Stripe lacks no more than is still on its way: \
            what was told in the last minutes may not be in its sums yet. Stripe is asked as the hub's settings say, \
            of which nothing else counts; nothing there is changed.
            """,
        parameters: [LedgerCommand.folder, month, LedgerCommand.account, json, RoleCommand.config]
            + settings.map(\.option),
        examples: [
            "meshnode ledger reconcile --config /etc/meshnode/hub.json5 /var/lib/meshnode":
                "Does Stripe have what we told it this month?",
            "meshnode ledger reconcile --config hub.json5 --month 2026-10 --account acme --json hub":
                "One account in one month, for a program to read.",
        ],
        exitCodes: [
            .success: "All accounts agree with Stripe.",
            LedgerCommand.faulty: "An account differs, or cannot be read; its line says by how much, or why.",
            unasked: "Stripe could not be asked of an account, or nobody has said how, and none is known to differ.",
            NodeExit.configuration.code: NodeExit.configuration.meaning,
        ]
    ) { invocation in
        do {
            let stripe = try stripeSettings(invocation)
            guard let report = try await report(invocation, stripe.settings, meterID: stripe.meterID) else {
                return LedgerCommand.refuseUnknown(invocation)
            }
            try invocation.terminal.write(invocation[json] ? report.json : report.text)
            return report.hasDifference ? LedgerCommand.faulty : report.isWhole ? .success : unasked
        } catch let error as ConfigurationError {
            RoleCommand.report(error, invocation)
            return NodeExit.configuration.code
        } catch let error as StripeError {
            RoleCommand.report(error, invocation)
            return unasked
        }
    }

    /// How Stripe is asked, by flags, environment and the hub's file.
    private static func stripeSettings(
        _ invocation: Invocation
    ) throws -> (settings: StripeSettings, meterID: String) {
        let loader = ConfigurationLoader(
            flags: { row in
                // Whoever has accounts is a hub: nobody needs to say so.
                if row.path == Settings.role.row.path { return [NodeRole.hub.rawValue] }
                return settings.contains { $0.path == row.path } ? invocation[row.option] : []
            },
            ground: ProcessGround()
        )
        var mistakes: [ConfigurationMistake] = []
        let configuration = try loader.load(file: invocation[RoleCommand.config])
        let stripe = configuration.flatMap { StripeSettings($0, &mistakes) }
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes) }
        guard let stripe else { throw missing(Settings.stripeKeyFile.row) }
        guard let meterID = stripe.meterID else { throw missing(Settings.stripeMeterID.row) }
        return (stripe, meterID)
    }

    private static func missing(_ row: SettingRow) -> StripeError {
        let words =
            "Stripe cannot be asked without '\(row.path)': say --\(row.flag), or name the hub's file by --config"
        return StripeError(.misconfigured, words)
    }

    /// What Stripe says of the accounts that were asked for; nil where there is no account of the name.
    private static func report(
        _ invocation: Invocation,
        _ settings: StripeSettings,
        meterID: String
    ) async throws -> LedgerReconcileReport? {
        let key = try StripeSecret.one(inFileAt: settings.keyFile)
        let loop = try EventLoop.start(name: "reconcile")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let period = invocation[month] ?? BillingPeriod(of: clock.wallTime)
        guard let reading = try reading(invocation, period) else { return nil }
        var system = SystemRandomNumberGenerator()
        let http = try await HTTPClient(loop: loop)
        let answers: [StripeReconciliation.Answer]
        do {
            let generator = SeededGenerator(seed: system.next())
            let client = try settings.client(by: key, over: http, clock: clock, generator: generator)
            answers = await StripeReconciliation(client: client, meterID: meterID).look(at: reading.statements)
        } catch {
            await http.close()
            throw error
        }
        await http.close()
        return LedgerReconcileReport(answers, unread: reading.unread, in: period)
    }

    /// What the folder's accounts say; it is free again before Stripe is asked.
    private static func reading(
        _ invocation: Invocation,
        _ period: BillingPeriod
    ) throws -> LedgerStatements.Reading? {
        let (store, disk) = try LedgerCommand.open(LedgerCommand.Place(invocation[LedgerCommand.folder]))
        defer { disk.close() }
        let statements = LedgerStatements(in: store, of: period)
        guard let account = invocation[LedgerCommand.account] else { return try statements.all() }
        return try statements.one(of: account).map { LedgerStatements.Reading(statements: [$0]) }
    }
}

extension BillingPeriod: CommandLineValue {
    /// As it is written: `2026-11`.
    package static var commandLineSyntax: ValueSyntax<BillingPeriod> {
        ValueSyntax(valueName: "YYYY-MM", expected: "a month such as 2026-11") { BillingPeriod($0) }
    }
}
