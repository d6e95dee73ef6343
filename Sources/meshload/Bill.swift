internal import MeshAccounts
internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshGateway
internal import MeshJSON
internal import MeshLedger
internal import MeshStripe

/// Carries out what `meshload bill` is told, line by line.
struct Bill {
    let office: LedgerOffice
    var till: StripeTill?
    var desk: StripeDesk?
    var reconciliation: StripeReconciliation?
    var secrets: [StripeSecret] = []
    var clock: (any MeshCore.Clock)?

    /// Has Stripe behind it, and returns who tells it of usage.
    mutating func open(
        _ stripe: StripeClient,
        meter: String,
        asksSums: Bool,
        _ secrets: [StripeSecret],
        _ clock: any MeshCore.Clock,
        _ generator: SeededGenerator
    ) -> any MeterSink {
        let customers = StripeCustomers(client: stripe, accounts: OfficeAccounts(office))
        let till = StripeTill(
            client: stripe,
            customers: customers,
            pages: StripeTill.Pages(success: "https://example.org/", cancel: "https://example.org/"),
            clock: clock,
            generator: generator
        )
        desk = StripeDesk(
            office: office,
            client: stripe,
            till: till,
            secrets: secrets,
            clock: clock,
            logger: LoadLog.logger(isOn: false, clock)
        )
        (self.till, self.secrets, self.clock) = (till, secrets, clock)
        reconciliation = StripeReconciliation(client: stripe, meterID: meter)
        let named = StripeSink.Meter(eventName: "mesh_usage", id: asksSums ? meter : nil)
        return StripeSink(client: stripe, customers: customers, meter: named, clock: clock)
    }

    /// The answer to one line: an object, with `error` where it failed.
    func answer(_ words: [String]) async -> String {
        do {
            return JSONWriter.text(of: try await carryOut(words))
        } catch {
            return JSONWriter.text(of: ["error": .string("\(error)")])
        }
    }

    private func carryOut(_ words: [String]) async throws -> JSONValue {
        let account = words.count > 1 ? words[1] : ""
        let number = words.count > 2 ? Int64(words[2]) ?? 0 : 0
        switch words.first {
        case "charge": return try await charge(account, number, words.count > 3 ? Int(words[3]) ?? 0 : 0)
        case "flush":
            let event = try await office.ask(Ledger.Flush(), of: account)
            return ["identifier": event.map { .string($0.identifier) } ?? .null]
        case "resume":
            let reason = Suspension(name: words.count > 2 ? words[2] : "") ?? .operatorStop
            _ = try await office.ask(Ledger.Resume(reason), of: account)
            return [:]
        case "tier":
            let tier = LedgerTier(name: words.count > 2 ? words[2] : "") ?? .managed
            _ = try await office.ask(Ledger.SetTier(tier, terms: office.terms), of: account)
            return [:]
        case "outbox":
            let entries = try await office.ask(Ledger.ShowOutbox(), of: account)
            return [
                "events": .array(
                    entries.map { entry in
                        ["identifier": .string(entry.event.identifier), "refusal": .string(entry.refusal ?? "")]
                    }
                )
            ]
        case "retry":
            let event = words.count > 2 ? words[2] : ""
            _ = try await office.ask(Ledger.RetryFlush(event, isMissing: words.last == "missing"), of: account)
            return ["identifier": .string(event)]
        case "close":
            let event = words.count > 2 ? words[2] : ""
            let close = Ledger.CloseFlush(event, isCounted: words.last == "counted", note: "seen")
            _ = try await office.ask(close, of: account)
            return ["identifier": .string(event)]
        case "standing": return try await standing(account)
        case "topup":
            let amount = Money(nanodollars: number * 10_000_000)
            return ["url": .string(try await till?.checkout(account, amount) ?? "")]
        case "portal": return ["url": .string(try await till?.portal(of: account) ?? "")]
        case "reconcile":
            guard let clock, let reconciliation else { return ["error": "there is no Stripe"] }
            let period = BillingPeriod(of: clock.wallTime)
            let found = try await reconciliation.look(at: account, of: office, in: period)
            return [
                "flushed": .integer(Int64(clamping: found.statement.flushed)),
                "told": .integer(Int64(clamping: found.told)),
                "agrees": .bool(found.agrees),
            ]
        case "webhook":
            let body = Hexadecimal.decode(words.count > 2 ? words[2] : "") ?? []
            return ["outcome": .string("\(await desk?.take(body, signature: account) ?? .notNow)")]
        case "webhooks":
            let events = stride(from: 1, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }
            return ["outcomes": .array(await together(events).map { .string($0) })]
        case "sign":
            guard let clock, let secret = secrets.first else { return ["error": "there is no secret"] }
            let body = Hexadecimal.decode(account) ?? []
            return ["signature": .string(StripeSignature.field(for: body, secret: secret, at: clock.wallTime))]
        default: return ["error": "unknown word"]
        }
    }

    /// What becomes of webhooks, of their signatures and bodies, that come at the same time.
    private func together(_ events: [(signature: String, body: String)]) async -> [String] {
        await withTaskGroup(of: (Int, String).self) { group in
            for (number, event) in events.enumerated() {
                group.addTask { [desk] in
                    let body = Hexadecimal.decode(event.body) ?? []
                    return (number, "\(await desk?.take(body, signature: event.signature) ?? .notNow)")
                }
            }
            var outcomes = [String](repeating: "", count: events.count)
            for await (number, outcome) in group { outcomes[number] = outcome }
            return outcomes
        }
    }

    /// A call of a thousandth of a dollar for each token; the same number is the same call.
    private func charge(_ account: String, _ number: Int64, _ thousandths: Int) async throws -> JSONValue {
        let standing = try await office.ask(Ledger.ShowBalance(), of: account)
        if standing.tier != .managed {
            _ = try await office.ask(Ledger.SetTier(.managed, terms: office.terms), of: account)
        }
        let rates = ModelPrice.Rates(
            input: 0,
            output: 1_000_000_000_000,
            cacheRead: 0,
            cacheWrite: 0,
            longCacheWrite: 0
        )
        let call = LedgerCall(
            id: UniqueID(named: "\(account)|\(number)"),
            model: "model",
            kind: .cloud,
            price: ModelPrice(version: "round@1", base: rates),
            worst: ChatUsage(outputTokens: thousandths)
        )
        let receipt = try await office.ask(Ledger.Record(call, terms: office.terms), of: account)
        return ["charged": .integer(receipt.charge.total.nanodollars)]
    }

    private func standing(_ account: String) async throws -> JSONValue {
        let balance = try await office.ask(Ledger.ShowBalance(), of: account)
        let faults = try await office.ask(Ledger.Verify(), of: account)
        return [
            "customer": balance.customer.map { .string($0) } ?? .null,
            "tier": .string(balance.tier.name),
            "suspension": balance.suspension.map { .string("\($0)") } ?? .null,
            "paid": .integer(balance.paid.nanodollars),
            "owed": .integer(balance.owed.nanodollars),
            "unflushed": .integer(balance.unflushed.nanodollars),
            "outbox": .integer(Int64(balance.outbox)),
            "refused": .integer(Int64(balance.refused)),
            "faults": .array(faults.map { .string($0) }),
        ]
    }
}
