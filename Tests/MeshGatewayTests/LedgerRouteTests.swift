import MeshAPI
import MeshActors
import MeshCore
import MeshGateway
import MeshHTTP
import MeshJSON
import MeshLedger
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Accounts over HTTP` {
    /// The example of the specification: 1,000 tokens in and 500 out at $3 and $15 for a million.
    static let example = #"{"id":"c-1","model":"round","kind":"cloud","input_tokens":1000,"output_tokens":500}"#

    private static func post(_ what: String, _ body: String, _ ground: GatewayGround) async throws -> ChatAnswered {
        try await ground.post(APIPath.ledger(what), body)
    }

    private static func get(_ target: String, _ ground: GatewayGround) async throws -> ChatAnswered {
        try await ground.take(.get, APIPath.ledger(target), HTTPFields())
    }

    @Test func `are charged to the digit, and shown rounded up`() async throws {
        try await GatewayGround.run { ground in
            let tier = try await Self.post("set-tier", #"{"tier":"managed"}"#, ground)
            #expect(try tier.status == 200 && tier.json["tier"]?.text == "managed")
            let charged = try await Self.post("record", Self.example, ground)
            #expect(charged.status == 200)
            let receipt = try ReceiptDocument(json: try charged.json)
            #expect(receipt.charged == "0.010815" && receipt.display["charged"] == "$0.011")
            #expect(receipt.balance == "-0.010815" && receipt.credits == "0" && receipt.available == "49.989185")
            #expect(receipt.display["balance"] == "-$0.011" && receipt.id == "c-1" && receipt.account == "acme")
            let charge = try #require(receipt.charge)
            #expect(charge.total == "0.010815" && charge.upstream == "0.0105" && charge.fee == "0.000315")
            #expect(charge.display == "$0.011" && charge.price == "round@1" && charge.owed == "0.010815")
            let balance = try AccountDocument(json: try await Self.get("balance", ground).json)
            #expect(balance.owed == "0.010815" && balance.display["owed"] == "$0.011")
            #expect(balance.unflushed == "0.010815" && balance.postings == 1 && balance.suspended == nil)
            #expect(try await Self.get("get-balance", ground).text == Self.get("balance", ground).text)
        }
    }

    @Test func `are charged once for an id, and refuse another content`() async throws {
        try await GatewayGround.run { ground in
            let first = try await Self.post("record", Self.example, ground)
            let second = try await Self.post("log-usage", Self.example, ground)
            #expect(first.status == 200 && first.text == second.text)
            let name = try #require(HTTPFieldName("idempotency-key"))
            let key: HTTPFields = [.contentType: "application/json", name: "\"c-1\""]
            let bare = Self.example.replacing(#""id":"c-1","#, with: "")
            let keyed = try await ground.take(.post, APIPath.ledger("record"), key, body: .bytes(Array(bare.utf8)))
            #expect(keyed.text == first.text)
            let other = try await Self.post("record", Self.example.replacing("500", with: "501"), ground)
            #expect(try other.status == 409 && ground.code(other.text) == "conflict")
            for (what, body, changed) in [
                ("add-credit", #"{"id":"e","amount":"5"}"#, #"{"id":"e","amount":"6"}"#),
                ("correct", #"{"id":"f","amount":"-1","note":"n"}"#, #"{"id":"f","amount":"-1","note":"m"}"#),
                ("payment", #"{"id":"g","amount":"0.5"}"#, #"{"id":"e","amount":"0.5"}"#),
                ("refund", #"{"id":"h","call":"c-1","amount":"0.01"}"#, #"{"id":"h","call":"c-1"}"#),
            ] {
                let first = try await Self.post(what, body, ground)
                let second = try await Self.post(what, body, ground)
                #expect(first.status == 200 && first.text == second.text, "\(first.text)")
                let other = try await Self.post(what, changed, ground)
                #expect(try other.status == 409 && ground.code(other.text) == "conflict", "\(what)")
            }
            let balance = try AccountDocument(json: try await Self.get("balance", ground).json)
            // A new account is free: what its call costs beyond its credits stays owed.
            #expect(balance.granted == "4" && balance.postings == 5, "\(balance)")
        }
    }

    @Test func `are entered into, corrected, paid and given back, to the nano-dollar`() async throws {
        try await GatewayGround.run { ground in
            for (body, fund) in [
                (#"{"id":"1","amount":"0.000000001","fund":"knowledge"}"#, "knowledge"),
                (#"{"id":"2","amount":"2.50"}"#, "granted"),
                (#"{"id":"3","amount":"100","fund":"paid","note":"cash"}"#, "paid"),
            ] {
                let entry = try ReceiptDocument(json: try await Self.post("add-credit", body, ground).json)
                #expect(entry.charged == "0" && entry.entry != nil, "\(fund)")
                #expect(entry.isOpened == (fund == "knowledge"), "the first entry opens the account")
            }
            _ = try await Self.post("set-tier", #"{"tier":"managed"}"#, ground)
            _ = try await Self.post("record", Self.example, ground)
            let refund = #"{"id":"4","call":"c-1"}"#
            let given = try ReceiptDocument(json: try await Self.post("refund", refund, ground).json)
            #expect(given.charged == "-0.010815" && given.entry?.amount == "0.010815")
            let balance = try AccountDocument(json: try await Self.get("balance", ground).json)
            #expect(balance.credits == "102.500000001" && balance.knowledge == "0.000000001")
            #expect(balance.balance == balance.credits)
            let proof = try ProofDocument(json: try await Self.get("verify", ground).json)
            #expect(proof.faults.isEmpty && proof.account == "acme")
        }
    }

    @Test func `are stopped and started, and tell whoever bills`() async throws {
        try await GatewayGround.run { ground in
            _ = try await Self.post("set-tier", #"{"tier":"managed"}"#, ground)
            _ = try await Self.post("record", Self.example, ground)
            let stopped = try ReceiptDocument(json: try await Self.post("suspend", "", ground).json)
            #expect(stopped.suspended == "operator")
            let other = try ReceiptDocument(
                json: try await Self.post("resume", #"{"reason":"payment_failed"}"#, ground).json
            )
            #expect(other.suspended == "operator")
            #expect(try ReceiptDocument(json: try await Self.post("resume", "{}", ground).json).suspended == nil)
            let flushed = try ReceiptDocument(json: try await Self.post("flush", "", ground).json)
            #expect(flushed.flushed?.amount == "0.010815")
            #expect(flushed.flushed?.identifier.hasPrefix("mesh|acme|usage|1-1|") ?? false)
            #expect(try ReceiptDocument(json: try await Self.post("flush", "{}", ground).json).flushed == nil)
            let balance = try AccountDocument(json: try await Self.get("balance", ground).json)
            #expect(balance.unflushed == "0" && balance.meterEvents == 1 && balance.owed == "0.010815")
        }
    }

    @Test func `show what whoever bills has refused, and have it told again or closed`() async throws {
        try await GatewayGround.run { ground in
            let acme = try TenantID("acme")
            _ = try await Self.post("set-tier", #"{"tier":"managed"}"#, ground)
            _ = try await Self.post("record", Self.example, ground)
            let flushed = try ReceiptDocument(json: try await Self.post("flush", "", ground).json).flushed
            let name = try #require(flushed).identifier
            let waiting = try OutboxDocument(json: try await Self.get("outbox", ground).json)
            #expect(waiting.account == "acme" && waiting.events.map(\.identifier) == [name])
            #expect(waiting.events.map(\.amount) == ["0.010815"] && waiting.events[0].refusal == nil)
            let early = try await Self.post("close-event", #"{"event":"\#(name)","note":"in_1"}"#, ground)
            #expect(try early.status == 409 && ground.code(early.text) == "event_on_its_way")
            let sure = try await Self.post("retry-event", #"{"event":"\#(name)","not_there":true}"#, ground)
            #expect(try sure.status == 409 && ground.code(sure.text) == "event_on_its_way")
            try ground.ledger.end(name, .refused("no_meter"), of: acme)
            let refused = try OutboxDocument(json: try await Self.get("outbox", ground).json)
            #expect(refused.events.map(\.refusal) == ["no_meter"])
            let balance = try AccountDocument(json: try await Self.get("balance", ground).json)
            #expect(balance.meterEvents == 1 && balance.refusedMeterEvents == 1)
            let again = try await Self.post("retry-event", #"{"event":"\#(name)","not_there":true}"#, ground)
            let receipt = try ReceiptDocument(json: try again.json)
            #expect(receipt.flushed == flushed && receipt.closed == nil)
            let pending = ground.ledger.accounts.withLock { $0[acme]?.value.pendingEffects.map(\.effect.lookedAt) }
            #expect(pending == [ScriptedLedger.now])
            try ground.ledger.end(name, .refused("no_meter"), of: acme)
            let closed = try await Self.post("close-event", #"{"event":"\#(name)","note":"in_1"}"#, ground)
            #expect(try ReceiptDocument(json: try closed.json).closed == flushed)
            let left = try OutboxDocument(json: try await Self.get("outbox", ground).json)
            #expect(left.events.isEmpty)
            let gone = try await Self.post("close-event", #"{"event":"\#(name)","note":"in_1"}"#, ground)
            #expect(try gone.status == 404 && ground.code(gone.text) == "unknown_event")
        }
    }

    @Test func `are listed in pages, by name`() async throws {
        try await GatewayGround.run { ground in
            func page(_ parameters: String) async throws -> AccountsDocument {
                try AccountsDocument(json: try await Self.get("accounts\(parameters)", ground).json)
            }
            #expect(try await page("") == AccountsDocument(accounts: [], next: nil))
            for name in ["beta", "acme", "delta", "core"] {
                let body = #"{"id":"e-1","amount":"2.5","account":"\#(name)"}"#
                #expect(try await Self.post("add-credit", body, ground).status == 200)
            }
            let all = try await page("")
            #expect(all.accounts.map(\.account) == ["acme", "beta", "core", "delta"] && all.next == nil)
            let one = try AccountDocument(json: try await Self.get("balance?account=beta", ground).json)
            #expect(all.accounts[1] == one && one.credits == "2.5")
            let first = try await page("?limit=3")
            #expect(first.accounts.map(\.account) == ["acme", "beta", "core"] && first.next == "core")
            let second = try await page("?limit=3&after=core")
            #expect(second.accounts.map(\.account) == ["delta"] && second.next == nil)
            #expect(try await page("?limit=4").next == nil)
            // The double cannot be asked of this one.
            let away = try TenantID("away")
            ground.ledger.accounts.withLock { $0[away] = $0.first?.value }
            let torn = try await page("?limit=2")
            #expect(torn.accounts.map(\.account) == ["acme"] && torn.unread == ["away"] && torn.next == "away")
            let (usual, most) = (Limits.Gateway.usualAccountsInPage, Limits.Gateway.maximumAccountsInPage)
            for number in 0..<most {
                let name = try TenantID("x-\(1_000 + number)")
                ground.ledger.accounts.withLock { $0[name] = $0[away] }
            }
            let (some, many) = (try await page(""), try await page("?limit=\(most)"))
            #expect(some.accounts.count + some.unread.count == usual && some.next != nil)
            #expect(many.accounts.count + many.unread.count == most && many.next != nil)
            for wrong in [
                "?limit=0", "?limit=\(most + 1)", "?limit=x", "?after=%20", "?account=acme", "?limit=1&limit=2",
            ] {
                let answer = try await Self.get("accounts\(wrong)", ground)
                #expect(try answer.status == 400 && ground.code(answer.text) == "bad_request", "\(wrong)")
            }
        }
    }

    @Test func `are topped up where somebody takes money`() async throws {
        try await GatewayGround.run { ground in
            let nowhere = try await Self.post("topup", #"{"amount":"25"}"#, ground)
            #expect(try nowhere.status == 409 && ground.code(nowhere.text) == "no_top_up")
            for (place, kind) in [
                (TopUpPlace.checkout("https://pay.example/1"), "checkout"), (.page("https://pay.example/1"), "page"),
            ] {
                ground.ledger.topUps.withLock { $0 = place }
                let answer = try await Self.post("topup", #"{"amount":"25.50"}"#, ground)
                let topUp = try ReceiptDocument(json: try answer.json).topUp
                #expect(topUp?.url == "https://pay.example/1" && topUp?.amount == "25.5")
                #expect(topUp?.kind.rawValue == kind)
            }
            ground.ledger.topUps.withLock { $0 = .checkout("") }
            let failed = try await Self.post("topup", #"{"amount":"25"}"#, ground)
            #expect(try failed.status == 502 && ground.code(failed.text) == "checkout_failed")
            let (least, most) = (Limits.Gateway.smallestTopUp, Limits.Gateway.largestTopUp)
            for nanodollars in [least - 10_000_000, most + 10_000_000, least + 1, -least] {
                let amount = Money(nanodollars: nanodollars).decimalText
                let answer = try await Self.post("topup", #"{"amount":"\#(amount)"}"#, ground)
                #expect(try answer.status == 400 && ErrorDocument(json: try answer.json).field == "amount", "\(amount)")
            }
        }
    }

    @Test func `are topped up by some at a time`() async throws {
        #expect(Limits.Gateway.maximumPayments == 16)
        var bounds = Gateway.Bounds()
        bounds.payments = 0
        try await GatewayGround.run(bounds: bounds) { ground in
            ground.ledger.topUps.withLock { $0 = .page("https://pay.example/1") }
            let answer = try await Self.post("topup", #"{"amount":"25"}"#, ground)
            #expect(try answer.status == 503 && ground.code(answer.text) == "overloaded")
        }
    }

    @Test func `that are told nonsense say which field is to blame`() async throws {
        try await GatewayGround.run { ground in
            let long = String(repeating: "x", count: Limits.Gateway.maximumLedgerNameBytes + 1)
            let tokens = Limits.Gateway.maximumRecordedTokens + 1
            for (what, body, status, code, field) in [
                ("record", "[", 400, "bad_request", nil), ("record", "", 400, "bad_request", nil),
                ("record", "[]", 400, "invalid_field", nil), ("record", "{}", 400, "invalid_field", "id"),
                ("record", Self.example.replacing("c-1", with: "c 1"), 400, "invalid_field", "id"),
                ("record", Self.example.replacing("c-1", with: long), 400, "invalid_field", "id"),
                ("record", Self.example.replacing("round", with: "nobody"), 400, "invalid_field", "model"),
                ("record", Self.example.replacing("cloud", with: "sky"), 400, "invalid_field", "kind"),
                ("record", Self.example.replacing("1000", with: "-1"), 400, "invalid_field", "input_tokens"),
                ("record", Self.example.replacing("1000", with: "1.5"), 400, "invalid_field", "input_tokens"),
                ("record", Self.example.replacing("500", with: "\(tokens)"), 400, "invalid_field", "output_tokens"),
                ("record", Self.example.replacing("}", with: #","cost":"1"}"#), 400, "invalid_field", "cost"),
                ("record", Self.example.replacing("}", with: #","date":"2026-13-01"}"#), 400, "invalid_field", "date"),
                ("record", Self.example.replacing("}", with: #","date":"2999-01-01"}"#), 400, "invalid_field", "model"),
                ("record", Self.example.replacing("}", with: #","session":""}"#), 400, "invalid_field", "session"),
                ("add-credit", #"{"id":"a"}"#, 400, "invalid_field", "amount"),
                // Floating point is never money.
                ("add-credit", #"{"id":"a","amount":0.1}"#, 400, "invalid_field", "amount"),
                ("add-credit", #"{"id":"a","amount":5}"#, 400, "invalid_field", "amount"),
                ("add-credit", #"{"id":"a","amount":"0.0000000001"}"#, 400, "invalid_field", "amount"),
                ("add-credit", #"{"id":"a","amount":"1e3"}"#, 400, "invalid_field", "amount"),
                ("add-credit", #"{"id":"a","amount":"1000000.000000001"}"#, 400, "invalid_field", "amount"),
                ("add-credit", #"{"id":"a","amount":"-5"}"#, 400, "bad_amount", nil),
                ("add-credit", #"{"id":"a","amount":"0"}"#, 400, "bad_amount", nil),
                ("add-credit", #"{"id":"a","amount":"5","fund":"metered"}"#, 400, "invalid_field", "fund"),
                ("add-credit", #"{"amount":"5"}"#, 400, "invalid_field", "id"),
                ("add-credit", #"{"id":"a","amount":"5","account":"A B"}"#, 400, "invalid_field", "account"),
                ("refund", #"{"id":"a","call":"never"}"#, 404, "unknown_call", nil),
                ("refund", #"{"id":"a"}"#, 400, "invalid_field", "call"),
                ("correct", #"{"id":"a","amount":"-5","note":"n"}"#, 409, "insufficient", nil),
                ("correct", #"{"id":"a","amount":"-5"}"#, 400, "invalid_field", "note"),
                ("set-tier", #"{"tier":"gold"}"#, 400, "invalid_field", "tier"),
                ("set-tier", "{}", 400, "invalid_field", "tier"),
                ("suspend", #"{"reason":"ceiling"}"#, 400, "invalid_field", "reason"),
                ("flush", #"{"all":true}"#, 400, "invalid_field", "all"),
                ("topup", #"{"amount":"25","account":7}"#, 400, "invalid_field", "account"),
                ("flush", #"{"account":"busy"}"#, 503, "overloaded", nil),
                ("flush", #"{"account":"away"}"#, 503, "not_now", nil),
                ("flush", #"{"account":"torn"}"#, 502, "outcome_unknown", nil),
            ] as [(String, String, UInt16, String, String?)] {
                let answer = try await Self.post(what, body, ground)
                let error = try ErrorDocument(json: try answer.json)
                let said = "\(what) \(body) \(answer.text)"
                #expect(answer.status == status && error.code == code && error.field == field, "\(said)")
            }
            let big = String(repeating: " ", count: Limits.Gateway.maximumBodyBytes + 1)
            #expect(try await Self.post("record", big, ground).status == 413)
            let plain = try await ground.take(.post, APIPath.ledger("flush"), [.contentType: "text/plain"])
            #expect(plain.status == 415)
            let key = try #require(HTTPFieldName("idempotency-key"))
            for fields: HTTPFields in [[key: "other"], [key: "a b"], [key: "c-1", key: "c-1"], [key: ""]] {
                var fields = fields
                fields.append(.contentType, "application/json")
                let body = ClientRequest.Body.bytes(Array(Self.example.utf8))
                let answer = try await ground.take(.post, APIPath.ledger("record"), fields, body: body)
                #expect(answer.status == 400, "\(answer.text)")
            }
            #expect(ground.ledger.accounts.withLock { $0.values.allSatisfy { $0.journal.isEmpty } })
        }
    }

    @Test func `that are told nonsense of meter events say so`() async throws {
        try await GatewayGround.run { ground in
            for (what, body, status, code, field) in [
                ("retry-event", "{}", 400, "invalid_field", "event"),
                ("retry-event", #"{"event":"a b"}"#, 400, "invalid_field", "event"),
                ("retry-event", #"{"event":"a","not_there":"yes"}"#, 400, "invalid_field", "not_there"),
                ("retry-event", #"{"event":"mesh|acme|usage|1-1"}"#, 404, "unknown_event", nil),
                ("close-event", #"{"event":"a"}"#, 400, "invalid_field", "note"),
                ("close-event", #"{"event":"a","note":""}"#, 400, "invalid_field", "note"),
                ("close-event", #"{"event":"a","note":"n","counted":1}"#, 400, "invalid_field", "counted"),
                ("close-event", #"{"event":"a","note":"n"}"#, 404, "unknown_event", nil),
            ] as [(String, String, UInt16, String, String?)] {
                let answer = try await Self.post(what, body, ground)
                let error = try ErrorDocument(json: try answer.json)
                #expect(answer.status == status && error.code == code && error.field == field, "\(what) \(body)")
            }
            #expect(ground.ledger.accounts.withLock { $0.values.allSatisfy { $0.journal.isEmpty } })
        }
    }

    @Test func `tell what was used, by month and name`() async throws {
        try await GatewayGround.run { ground in
            let placed = Self.example.replacing("}", with: #","project":"p","session":"s","edge":"e"}"#)
            _ = try await Self.post("record", placed, ground)
            _ = try await Self.post("record", Self.example.replacing("c-1", with: "c-2"), ground)
            let usage = try AccountUsageDocument(json: try await Self.get("usage", ground).json)
            #expect(usage.from == "2027-01" && usage.to == "2027-02" && usage.by == "model")
            #expect(usage.total.calls == 2 && usage.total.charged == "0.02163" && usage.total.display == "$0.022")
            #expect(usage.periods.map(\.start) == ["2027-01-01T00:00:00.000Z"])
            #expect(usage.periods.map(\.end) == ["2027-02-01T00:00:00.000Z"])
            for (by, names) in [
                ("model", ["round"]), ("project", ["p"]), ("session", ["s"]), ("edge", ["e"]), ("kind", ["cloud"]),
                ("day", ["2027-01-15"]),
            ] {
                let usage = try AccountUsageDocument(json: try await Self.get("usage?by=\(by)", ground).json)
                #expect(usage.periods.flatMap(\.rows).map(\.name) == names, "\(by)")
            }
            let before = try AccountUsageDocument(json: try await Self.get("usage?period=2026-12", ground).json)
            #expect(before.periods.isEmpty && before.total.charged == "0")
            // The month that is named last is not in it.
            for (span, calls) in [("from=2026-01&to=2027-01", 0), ("from=2026-01&to=2027-02", 2), ("from=2026-12", 2)] {
                let usage = try AccountUsageDocument(json: try await Self.get("usage?\(span)", ground).json)
                #expect(usage.total.calls == calls, "\(span)")
            }
            #expect(Limits.Gateway.maximumUsageMonths == 36)
            for query in [
                "period=2026", "period=2026-13", "period=2026-1", "from=2027-01&to=2027-01", "from=2027-02&to=2027-01",
                "from=2024-01&to=2027-02", "to=2026-01", "period=2027-01&from=2027-01", "by=color", "format=xml",
                "page=2", "by=model&by=day", "account=A", "period=",
            ] {
                let answer = try await Self.get("usage?\(query)", ground)
                #expect(try answer.status == 400 && ground.code(answer.text) == "bad_request", "\(query)")
            }
        }
    }

    @Test func `bring usage as rows, which no table takes for a formula`() async throws {
        try await GatewayGround.run { ground in
            _ = try await Self.post("record", Self.example.replacing("round", with: "=cmd"), ground)
            let csv = try await Self.get("usage?format=csv", ground)
            #expect(csv["content-type"] == "text/csv; charset=utf-8; header=present")
            #expect(csv["content-disposition"] == "attachment; filename=\"usage-acme-2027-01.csv\"")
            let head = "account,period,by,name,calls,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,"
            #expect(
                csv.text == head + "upstream,charged,from_credits,refunded\r\n"
                    + "acme,2027-01,model,\"'=cmd\",1,1000,0,0,500,0.0105,0.010815,0,0\r\n"
            )
            let accepted = try await ground.take(.get, APIPath.ledger("usage"), [.accept: "text/html, text/csv;q=0.5"])
            #expect(accepted.text == csv.text)
            let asked = try await ground.take(.get, APIPath.ledger("usage?format=json"), [.accept: "text/csv"])
            #expect(asked["content-type"] == "application/json")
            let lines = try await ground.take(.get, APIPath.ledger("usage"), [.accept: "application/x-ndjson"])
            let row = try JSONReader.read(Array(lines.text.utf8.dropLast()))
            #expect(lines.text.hasSuffix("}\n") && row["name"]?.text == "=cmd" && row["charged"]?.text == "0.010815")
            #expect(row["period"]?.text == "2027-01" && row["account"]?.text == "acme" && row["display"] == nil)
        }
    }

    @Test func `are their tenants' own, and an operator's all of them`() async throws {
        try await GatewayGround.run(reach: .network) { ground in
            func ask(
                _ method: HTTPMethod,
                _ what: String,
                _ key: String,
                _ body: String = "{}"
            ) async throws -> UInt16 {
                let fields: HTTPFields = [.contentType: "application/json", .apiKey: "mesh_\(key)"]
                let sent = method == .post ? ClientRequest.Body.bytes(Array(body.utf8)) : .empty
                return try await ground.take(method, APIPath.ledger(what), fields, body: sent).status
            }
            for key in ["chat", "read", "operate"] {
                let plain = try await (ask(.get, "balance", key), ask(.get, "usage", key))
                #expect(plain == (200, 200), "\(key)")
                let own = try await ask(.get, "balance?account=acme", key)
                let others = try await ask(.get, "balance?account=other", key)
                let usage = try await ask(.get, "usage?account=other", key)
                let expected: UInt16 = key == "operate" ? 200 : 403
                #expect(own == 200 && others == expected && usage == expected, "\(key)")
                let paid = try await ask(.post, "topup", key, #"{"amount":"25"}"#)
                #expect(paid == (key == "read" ? 403 : 409), "\(key)")
                let other = try await ask(.post, "topup", key, #"{"amount":"25","account":"other"}"#)
                #expect(other == (key == "operate" ? 409 : 403), "\(key)")
                for what in [
                    "record", "log-usage", "add-credit", "refund", "correct", "payment", "set-tier", "suspend",
                    "resume", "flush", "retry-event", "close-event",
                ] {
                    let status = try await ask(.post, what, key)
                    #expect((status == 403) == (key != "operate"), "\(what) \(key)")
                }
                for what in ["verify", "outbox", "accounts"] {
                    #expect(try await ask(.get, what, key) == (key == "operate" ? 200 : 403), "\(what) \(key)")
                }
            }
            let nobody = try await Self.get("balance", ground)
            #expect(nobody.status == 401)
        }
        try await GatewayGround.run { ground in
            let page: HTTPFields = [try #require(HTTPFieldName("sec-fetch-site")): "cross-site"]
            let foreign = try await ground.take(.get, APIPath.ledger("balance"), page)
            #expect(try foreign.status == 403 && ground.code(foreign.text) == "foreign_origin")
        }
    }

    @Test func `are none of an edge's`() async throws {
        try await GatewayGround.run(isHub: false) { ground in
            for target in ["balance", "get-balance", "usage", "verify", "outbox", "accounts"] {
                let answer = try await Self.get(target, ground)
                #expect(try answer.status == 404 && ground.code(answer.text) == "not_a_hub", "\(target)")
            }
            for what in ["record", "topup", "flush", "add-credit", "retry-event", "close-event"] {
                let answer = try await Self.post(what, "{}", ground)
                #expect(try answer.status == 404 && ground.code(answer.text) == "not_a_hub", "\(what)")
            }
        }
    }
}
