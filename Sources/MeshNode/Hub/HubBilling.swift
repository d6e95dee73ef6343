internal import MeshAccounts
internal import MeshCore
internal import MeshGateway
internal import MeshHTTP
internal import MeshLedger
internal import MeshStripe

/// Who bills what is used on a hub: Stripe, or without a key for it a file in the hub's folder.
final class HubBilling: Sendable {
    /// Who is told of usage.
    let sink: any MeterSink
    /// Who takes in what Stripe tells; nil without it.
    let desk: (any BillingPort)?
    /// Who has pages made on which people pay; nil where there are none.
    let till: StripeTill?
    /// Who has customers made for accounts that begin to pay; nil where there are none.
    let signUps: StripeSignUps?
    private let client: HTTPClient?

    private init(
        sink: any MeterSink,
        desk: (any BillingPort)? = nil,
        till: StripeTill? = nil,
        signUps: StripeSignUps? = nil,
        client: HTTPClient? = nil
    ) {
        self.sink = sink
        self.desk = desk
        self.till = till
        self.signUps = signUps
        self.client = client
    }

    /// The file in a hub's folder that is told of usage where nobody bills.
    static let fileName = "meter-events.jsonl"

    /// What `settings` say, for `accounts`.
    ///
    /// A key that cannot be read keeps the hub from starting: who believes that usage is billed should not find out in
    /// a month that it was not.
    static func make(
        _ settings: StripeSettings?,
        _ accounts: LedgerOffice,
        folder: String,
        _ ground: RoleGround
    ) async throws -> HubBilling {
        do {
            guard let settings else {
                let path = "\(folder)/\(fileName)"
                let billing = HubBilling(sink: try FileSink(path: path, logger: ground.logger))
                report("nobody bills: without stripe.keyFile, usage is written into '\(path)'", ground)
                return billing
            }
            let billing = try await make(settings, accounts, ground)
            let sums = settings.meterID.map { "'\($0)'" } ?? "without stripe.meterID: its sums cannot be asked"
            report("Stripe bills, by events of the meter '\(settings.meter)' (\(sums))", ground)
            return billing
        } catch let error as StripeError {
            throw StartError(.configuration, error.message, cause: error)
        }
    }

    /// Whoever has lost a setting should see by a line that nobody bills any more.
    private static func report(_ words: String, _ ground: RoleGround) {
        ground.logger.log(.info, .biller, [LogField(.reason, .text(words))])
    }

    private static func make(
        _ settings: StripeSettings,
        _ accounts: LedgerOffice,
        _ ground: RoleGround
    ) async throws -> HubBilling {
        let key = try StripeSecret.one(inFileAt: settings.keyFile)
        let secrets = try settings.webhookSecretFile.map { (path) throws(StripeError) in
            try StripeSecret.all(inFileAt: path)
        }
        var generator = ground.generator
        let client = try await HTTPClient(loop: ground.loop)
        let stripe = try settings.client(by: key, over: client, clock: ground.clock, generator: generator.split())
        let customers = StripeCustomers(client: stripe, accounts: OfficeAccounts(accounts))
        let till = settings.successURL.map { success in
            StripeTill(
                client: stripe,
                customers: customers,
                pages: StripeTill.Pages(success: success, cancel: settings.cancelURL ?? success),
                clock: ground.clock,
                generator: generator.split()
            )
        }
        let meter = StripeSink.Meter(eventName: settings.meter, id: settings.meterID)
        return HubBilling(
            sink: StripeSink(client: stripe, customers: customers, meter: meter, clock: ground.clock),
            desk: StripeDesk(
                office: accounts,
                client: stripe,
                till: till,
                secrets: secrets ?? [],
                clock: ground.clock,
                logger: ground.logger
            ),
            till: till,
            signUps: StripeSignUps(customers, logger: ground.logger),
            client: client
        )
    }

    /// Has customers made until the calling task is cancelled.
    func run() async { await signUps?.run() }

    /// Ends what is being asked.
    func close() async { await client?.close() }
}

extension LogEvent {
    static let biller = LogEvent("hub.biller")
}
