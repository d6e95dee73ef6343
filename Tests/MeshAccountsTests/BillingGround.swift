import MeshAccounts
import MeshActors
import MeshCore
import MeshGateway
import MeshLedger
import MeshStripe
import MeshTestKit

/// Accounts on real actors, over a journal in memory, and a double of Stripe that answers as a test says.
struct BillingGround: Sendable {
    let stripe: StripeGround
    let office: LedgerOffice
    let customers: StripeCustomers
    let log: VolatileLogSink
    let secret: StripeSecret

    /// The account that tests are about.
    static let acme = "acme"

    /// All of it ends with `body`.
    static func with(
        _ script: @escaping ScriptedStripe.Script,
        _ body: (BillingGround) async throws -> Void
    ) async throws {
        try await StripeGround.with(script) { stripe in
            let office = LedgerOffice(policy: try AccountsGround.shippedPolicy(), clock: stripe.clock)
            let ground = BillingGround(
                stripe: stripe,
                office: office,
                customers: StripeCustomers(client: stripe.client, accounts: OfficeAccounts(office)),
                log: VolatileLogSink(),
                secret: try StripeGround.secret("whsec_0123456789")
            )
            let owner = Owner(node: try NodeID("hub-1"), incarnation: 1)
            let meter = StripeSink.Meter(eventName: "mesh_usage", id: ScriptedMeter.id)
            let sink = StripeSink(
                client: stripe.client,
                customers: ground.customers,
                meter: meter,
                clock: stripe.clock
            )
            let node = ActorNode(
                owner: owner,
                kinds: office.kinds(telling: sink),
                membership: Membership(epoch: 1, members: [Member(owner, role: .hub)]),
                journal: VolatileJournal(),
                transport: nil,
                clock: stripe.clock,
                generator: SeededGenerator(seed: 3),
                logger: Logger(sink: VolatileLogSink(), clock: stripe.clock, minimumLevel: .info)
            )
            office.open(on: node)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await node.run() }
                try await body(ground)
                group.cancelAll()
            }
            // The office holds it weakly.
            withExtendedLifetime(node) {}
        }
    }

    var logger: Logger { Logger(sink: log, clock: stripe.clock, minimumLevel: .debug) }

    /// What was logged of Stripe, in order.
    var logged: [String] { log.records.map(\.event.name) }

    /// An office whose accounts nobody can reach.
    func closedOffice() throws -> LedgerOffice {
        LedgerOffice(policy: try AccountsGround.shippedPolicy(), clock: stripe.clock)
    }

    func till(for customers: StripeCustomers? = nil) -> StripeTill {
        StripeTill(
            client: stripe.client,
            customers: customers ?? self.customers,
            pages: StripeTill.Pages(success: "https://example.org/paid", cancel: "https://example.org/not"),
            clock: stripe.clock,
            generator: SeededGenerator(seed: 4)
        )
    }

    func desk(of office: LedgerOffice? = nil, till: StripeTill? = nil) -> StripeDesk {
        StripeDesk(
            office: office ?? self.office,
            client: stripe.client,
            till: till,
            secrets: [secret],
            clock: stripe.clock,
            logger: logger
        )
    }

    /// What becomes of an event that Stripe has signed just now.
    func tell(_ type: String, _ object: String, previous: String = "{}", to desk: StripeDesk? = nil) async
        -> WebhookOutcome
    {
        let data = ##"{"object":\##(object),"previous_attributes":\##(previous)}"##
        return await take(##"{"id":"evt_1","type":"\##(type)","data":\##(data)}"##, desk)
    }

    /// What becomes of a body that Stripe has signed just now.
    func take(_ body: String, _ desk: StripeDesk? = nil) async -> WebhookOutcome {
        let body = Array(body.utf8)
        let signature = StripeSignature.field(for: body, secret: secret, at: stripe.clock.wallTime)
        return await (desk ?? self.desk()).take(body, signature: signature)
    }

    func balance(_ account: String = acme) async throws -> Balance {
        try await office.ask(Ledger.ShowBalance(), of: account)
    }

    /// The account uses so many tenths of a cent, and pays for it with what it has, or owes it with a fee.
    func use(_ number: UInt64, _ thousandths: Int, of account: String = acme) async throws {
        _ = try await office.ask(Ledger.SetTier(.managed, terms: office.terms), of: account)
        _ = try await office.ask(Ledger.Record(Sample.call(number, thousandths), terms: office.terms), of: account)
    }
}

/// A test double of Stripe's meter and customers, which a script may ask: what it was told, by customer and time.
final class ScriptedMeter: Sendable {
    struct Event: Sendable {
        let customer: String
        let value: Int64
        let second: Int64
    }

    static let id = "mtr_usage"

    let events = Watched<[Event]>([])

    /// Its answer; nil to what it knows nothing of.
    func reply(to asked: ScriptedStripe.Asked) -> ScriptedStripe.Reply? {
        switch asked.path.split(separator: "?").first {
        case "/v1/billing/meter_events":
            let fields = Self.fields(asked.body)
            let event = Event(
                customer: fields["payload[stripe_customer_id]"] ?? "",
                value: fields["payload[value]"].flatMap { Int64($0) } ?? 0,
                second: fields["timestamp"].flatMap { Int64($0) } ?? 0
            )
            events.change { $0.append(event) }
            return .answer(200, ##"{"object":"billing.meter_event"}"##)
        case "/v1/billing/meters/mtr_usage/event_summaries":
            let fields = Self.fields(asked.path.split(separator: "?").last.map { String($0) } ?? "")
            let start = fields["start_time"].flatMap { Int64($0) } ?? 0
            let end = fields["end_time"].flatMap { Int64($0) } ?? 0
            let mine = events.value.filter { $0.customer == fields["customer"] }
            let sum = mine.filter { (start..<end).contains($0.second) }.reduce(0) { $0 + $1.value }
            return .answer(200, ##"{"data":[{"id":"s1","aggregated_value":\##(sum).0}],"has_more":false}"##)
        case "/v1/customers":
            // One for each account, as the key of the request has it.
            return .answer(200, ##"{"id":"cus_\##(Self.fields(asked.body)["name"] ?? "")"}"##)
        default: return nil
        }
    }

    static func fields(_ form: String) -> [String: String] {
        form.split(separator: "&").reduce(into: [:]) { fields, pair in
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            fields[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
    }
}
