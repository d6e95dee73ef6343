internal import MeshAPI
internal import MeshChat
internal import MeshCore
internal import MeshHTTP
internal import MeshIdentity
internal import MeshJSON
internal import MeshLedger

/// The accounts of a hub: looked at by whose they are, changed by operators.
struct LedgerRoutes: Sendable {
    /// Who keeps them; nil where nobody does.
    let port: (any LedgerPort)?
    /// How many may be on the way to a page of payment, and for how long: whoever makes pages is asked elsewhere.
    let payments: CommandRoom
    let patience: RequestDeadline

    private typealias Change = @Sendable (HTTPRequest, any LedgerPort, Caller) async throws -> ReceiptDocument

    /// Adds them; a guard that says who asks stands before each: `readers` before questions, `payers` before paying
    /// ahead, `operators` before all else.
    func add(to routes: inout RouterBuilder, readers: CallerGuard, payers: CallerGuard, operators: CallerGuard) {
        let pages = CommandGuard(subject: .conversations)
        let limit = BodyLimit(maximumBytes: Limits.Gateway.maximumBodyBytes)
        routes.group(middleware: [readers, pages, limit]) { routes in
            for word in ["balance", "get-balance"] {
                routes.on(.get, Path.at(APIPath.ledger(word))) { request in
                    try await told(request) { port, caller in
                        let account = try Self.account(of: request, caller)
                        return HTTPResponse(AccountDocument(try await port.balance(account), of: account))
                    }
                }
            }
            routes.on(.get, Path.at(APIPath.ledger("usage"))) { request in
                try await told(request) { port, caller in
                    let question = try UsageQuestion(request, caller, now: port.period)
                    return question.answer(try await question.document(from: port))
                }
            }
        }
        routes.group(middleware: [payers, pages, limit, patience]) { routes in
            on("topup", in: &routes) { request, port, caller in
                try await payments.enter { try await Self.topUp(request, port, caller) }
            }
        }
        routes.group(middleware: [operators, pages, limit]) { routes in
            routes.on(.get, Path.at(APIPath.ledger("verify"))) { request in
                try await told(request) { port, caller in
                    let account = try Self.account(of: request, caller)
                    let faults = try await port.verify(account)
                    return HTTPResponse(ProofDocument(account: account.text, faults: faults))
                }
            }
            routes.on(.get, Path.at(APIPath.ledger("accounts"))) { request in
                try await told(request) { port, _ in try await AccountsRoute.show(request, port) }
            }
            routes.on(.get, Path.at(APIPath.ledger("outbox"))) { request in
                try await told(request) { try await OutboxRoutes.show(Self.account(of: request, $1), $0) }
            }
            // Under the name that others call it by as well.
            for word in ["record", "log-usage"] { on(word, in: &routes, Self.record) }
            on("add-credit", in: &routes, Self.addCredit)
            on("refund", in: &routes, Self.refund)
            on("correct", in: &routes, Self.correct)
            on("payment", in: &routes, Self.payment)
            on("set-tier", in: &routes, Self.setTier)
            on("suspend", in: &routes, Self.suspend)
            on("resume", in: &routes, Self.resume)
            on("flush", in: &routes, Self.flush)
            on("retry-event", in: &routes, Self.retryEvent)
            on("close-event", in: &routes, Self.closeEvent)
        }
    }

    private func on(_ word: String, in routes: inout RouterBuilder, _ change: @escaping Change) {
        routes.on(.post, Path.at(APIPath.ledger(word))) { request in
            try await told(request) { HTTPResponse(try await change(request, $0, $1)) }
        }
    }

    /// What `body` answers to `request`, its problems in the shape of all errors.
    private func told(
        _ request: HTTPRequest,
        _ body: (any LedgerPort, Caller) async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        guard let port else { throw HTTPRefusal.noAccounts }
        guard let caller = request[CallerNote.self] else { throw HTTPRefusal.starting }
        do {
            return try await body(port, caller)
        } catch let problem as LedgerProblem {
            throw HTTPRefusal(problem)
        } catch let error as JSONFieldError {
            return HTTPResponse(error, in: request)
        }
    }

    /// The account that a question is about, which has no other parameter.
    private static func account(of request: HTTPRequest, _ caller: Caller) throws(HTTPRefusal) -> TenantID {
        try UniqueParameters(request.target, among: ["account"]).account(caller)
    }

    // MARK: Calls

    private static func record(
        _ request: HTTPRequest,
        _ port: any LedgerPort,
        _ caller: Caller
    ) async throws -> ReceiptDocument {
        let asked = try await LedgerRequest(request, caller, members: recordMembers)
        let id = try asked.id()
        let body = asked.body
        func tokens(_ key: String, isNeeded: Bool = false) throws(JSONFieldError) -> Int {
            let field = isNeeded ? try body.required(key) : body[key]
            return try field?.integer(0...Limits.Gateway.maximumRecordedTokens) ?? 0
        }
        func name(_ key: String) throws(JSONFieldError) -> String? {
            guard let field = body[key] else { return nil }
            return try LedgerRequest.name(field)
        }
        let model = try body.required("model")
        var use = RecordedUse(
            id: id.id,
            model: try LedgerRequest.name(model),
            kind: try LedgerRequest.word(body.required("kind"), UseKind.allCases, \.name),
            usage: ChatUsage(
                inputTokens: try tokens("input_tokens", isNeeded: true),
                cacheReadTokens: try tokens("cache_read_tokens"),
                cacheWriteTokens: try tokens("cache_write_tokens"),
                longCacheWriteTokens: try tokens("long_cache_write_tokens"),
                outputTokens: try tokens("output_tokens", isNeeded: true)
            ),
            place: CallPlace(project: try name("project"), session: try name("session"), edge: try name("edge"))
        )
        if let field = body["date"] {
            guard let text = field.value.text, let day = CalendarDay.start(text) else {
                throw field.wrong("must be a day such as 2026-11-22")
            }
            use.day = day
        }
        let charge: RecordedCharge
        do throws(LedgerProblem) {
            charge = try await port.record(use, to: asked.account)
        } catch {
            guard error == .noPrice else { throw error }
            throw model.wrong("has no price that is known for that day")
        }
        var document = try await Self.receipt(asked.account, port, id: id)
        document.take(charge, of: use)
        return document
    }

    private static let recordMembers: Set<String> = [
        "id", "model", "kind", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
        "long_cache_write_tokens", "project", "session", "edge", "date",
    ]

    // MARK: Entries

    private static func addCredit(
        _ request: HTTPRequest,
        _ port: any LedgerPort,
        _ caller: Caller
    ) async throws -> ReceiptDocument {
        let asked = try await LedgerRequest(request, caller, members: ["id", "amount", "fund", "note"])
        return try await enter(.credit(try asked.fund(), try asked.amount()), asked, port)
    }

    private static func refund(
        _ request: HTTPRequest,
        _ port: any LedgerPort,
        _ caller: Caller
    ) async throws -> ReceiptDocument {
        let asked = try await LedgerRequest(request, caller, members: ["id", "call", "amount", "note"])
        return try await enter(.refund(of: try asked.call(), try asked.amountIfAny()), asked, port)
    }

    private static func correct(
        _ request: HTTPRequest,
        _ port: any LedgerPort,
        _ caller: Caller
    ) async throws -> ReceiptDocument {
        let asked = try await LedgerRequest(request, caller, members: ["id", "amount", "fund", "note"])
        // Who puts something right by hand says why.
        _ = try asked.body.required("note").text(bytes: 1...Limits.Ledger.maximumNoteBytes)
        return try await enter(.correction(try asked.fund(), try asked.amount()), asked, port)
    }

    private static func payment(
        _ request: HTTPRequest,
        _ port: any LedgerPort,
        _ caller: Caller
    ) async throws -> ReceiptDocument {
        let asked = try await LedgerRequest(request, caller, members: ["id", "amount", "note"])
        return try await enter(.payment(try asked.amount()), asked, port)
    }

    private static func enter(
        _ kind: AccountEntry.Kind,
        _ asked: LedgerRequest,
        _ port: any LedgerPort
    ) async throws -> ReceiptDocument {
        let id = try asked.id()
        let entry = AccountEntry(id: id.id, kind, note: try asked.note())
        let receipt = try await port.enter(entry, into: asked.account)
        var document = try await Self.receipt(asked.account, port, id: id)
        document.take(receipt, of: entry)
        return document
    }

    // MARK: Standing

    private static func setTier(
        _ request: HTTPRequest,
        _ port: any LedgerPort,
        _ caller: Caller
    ) async throws -> ReceiptDocument {
        let asked = try await LedgerRequest(request, caller, members: ["tier"])
        let tier = try LedgerRequest.word(asked.body.required("tier"), LedgerTier.allCases, \.name)
        try await port.set(tier, of: asked.account)
        return try await receipt(asked.account, port)
    }

    private static func suspend(
        _ request: HTTPRequest,
        _ port: any LedgerPort,
        _ caller: Caller
    ) async throws -> ReceiptDocument {
        let asked = try await LedgerRequest(request, caller, members: ["reason"], mayBeEmpty: true)
        try await port.suspend(asked.account, for: try reason(asked))
        return try await receipt(asked.account, port)
    }

    private static func resume(
        _ request: HTTPRequest,
        _ port: any LedgerPort,
        _ caller: Caller
    ) async throws -> ReceiptDocument {
        let asked = try await LedgerRequest(request, caller, members: ["reason"], mayBeEmpty: true)
        try await port.resume(asked.account, from: try reason(asked))
        return try await receipt(asked.account, port)
    }

    /// One that people may give and take: that of the ceiling follows from money alone.
    private static func reason(_ asked: LedgerRequest) throws -> Suspension {
        try asked.body["reason"].map {
            try LedgerRequest.word($0, [Suspension.operatorStop, .paymentFailed], \.name)
        } ?? .operatorStop
    }

    private static func flush(
        _ request: HTTPRequest,
        _ port: any LedgerPort,
        _ caller: Caller
    ) async throws -> ReceiptDocument {
        let asked = try await LedgerRequest(request, caller, members: [], mayBeEmpty: true)
        let event = try await port.flush(asked.account)
        var document = try await receipt(asked.account, port)
        document.flushed = event.map { .init($0) }
        return document
    }

    private static func retryEvent(
        _ request: HTTPRequest,
        _ port: any LedgerPort,
        _ caller: Caller
    ) async throws -> ReceiptDocument {
        let asked = try await LedgerRequest(request, caller, members: ["event", "not_there"])
        let event = try await OutboxRoutes.retry(asked, port)
        var document = try await receipt(asked.account, port)
        document.flushed = .init(event)
        return document
    }

    private static func closeEvent(
        _ request: HTTPRequest,
        _ port: any LedgerPort,
        _ caller: Caller
    ) async throws -> ReceiptDocument {
        let asked = try await LedgerRequest(request, caller, members: ["event", "counted", "note"])
        let event = try await OutboxRoutes.close(asked, port)
        var document = try await receipt(asked.account, port)
        document.closed = .init(event)
        return document
    }

    private static func topUp(
        _ request: HTTPRequest,
        _ port: any LedgerPort,
        _ caller: Caller
    ) async throws -> ReceiptDocument {
        let asked = try await LedgerRequest(request, caller, members: ["amount"])
        let amount = try asked.amount()
        let bounds = Limits.Gateway.smallestTopUp...Limits.Gateway.largestTopUp
        guard bounds.contains(amount.nanodollars), amount.nanodollars % 10_000_000 == 0 else {
            let (least, most) = (Money(nanodollars: bounds.lowerBound), Money(nanodollars: bounds.upperBound))
            throw JSONFieldError(
                "amount",
                "must be whole cents from \(least.decimalText) to \(most.decimalText)"
            )
        }
        let place = try await port.topUp(asked.account, by: amount)
        var document = try await receipt(asked.account, port)
        document.topUp = .init(place, amount)
        return document
    }

    /// A receipt that says how the account stands now.
    private static func receipt(
        _ account: TenantID,
        _ port: any LedgerPort,
        id: LedgerName? = nil
    ) async throws -> ReceiptDocument {
        var document = ReceiptDocument(try await port.balance(account), of: account)
        document.id = id?.text
        return document
    }
}
