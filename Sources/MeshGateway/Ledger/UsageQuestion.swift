internal import MeshAPI
internal import MeshCore
internal import MeshHTTP
internal import MeshIdentity
internal import MeshLedger

/// What somebody wants to know of an account's usage, and in which form.
struct UsageQuestion: Hashable, Sendable {
    /// As what it is answered.
    enum Form: String, CaseIterable, Hashable, Sendable {
        /// One document.
        case json
        /// A row for each name, as RFC 4180 has it.
        case csv
        /// The same rows, each a document on a line.
        case jsonl

        /// How answers call it.
        var type: String {
            switch self {
            case .json: "application/json"
            case .csv: "text/csv; charset=utf-8; header=present"
            case .jsonl: "application/x-ndjson"
            }
        }
    }

    /// Whose account.
    let account: TenantID
    /// The first month.
    let from: BillingPeriod
    /// The first month that is not meant any more.
    let to: BillingPeriod
    /// By what rows are told apart.
    let dimension: UsageDimension
    /// As what it is answered.
    let form: Form

    /// What `request` asks, in the month `now`.
    init(_ request: HTTPRequest, _ caller: Caller, now: BillingPeriod) throws(HTTPRefusal) {
        let known = ["period", "from", "to", "by", "format", "account"]
        let parameters = try UniqueParameters(request.target, among: known)
        account = try parameters.account(caller)
        (from, to) = try Self.months(parameters, now)
        dimension = try Self.dimension(parameters["by"])
        form = try Self.form(parameters["format"], request.fields)
    }

    private static func months(
        _ parameters: UniqueParameters,
        _ now: BillingPeriod
    ) throws(HTTPRefusal) -> (BillingPeriod, BillingPeriod) {
        func month(_ name: String) throws(HTTPRefusal) -> BillingPeriod? {
            guard let text = parameters[name] else { return nil }
            guard let month = BillingPeriod(text) else {
                throw UniqueParameters.wrong("'\(name)' is a month such as 2026-11")
            }
            return month
        }
        let (period, from, to) = (try month("period"), try month("from"), try month("to"))
        if let period {
            guard from == nil, to == nil else {
                throw UniqueParameters.wrong("'period' is one month; several are 'from' and 'to'")
            }
            return (period, period.next)
        }
        let first = from ?? now
        let end = to ?? max(first, now).next
        let count = end.month - first.month
        guard (1...Int64(Limits.Gateway.maximumUsageMonths)).contains(count) else {
            let most = Limits.Gateway.maximumUsageMonths
            throw UniqueParameters.wrong("'to' is not in it, so it is later than 'from', by \(most) months at most")
        }
        return (first, end)
    }

    private static func dimension(_ word: String?) throws(HTTPRefusal) -> UsageDimension {
        guard let word else { return .model }
        guard let dimension = UsageDimension.allCases.first(where: { $0.name == word }) else {
            let words = UsageDimension.allCases.map(\.name).joined(separator: ", ")
            throw UniqueParameters.wrong("'by' is one of \(words)")
        }
        return dimension
    }

    /// The parameter counts; without it the first form that the client takes by name.
    private static func form(_ word: String?, _ fields: HTTPFields) throws(HTTPRefusal) -> Form {
        if let word {
            guard let form = Form(rawValue: word) else {
                let words = Form.allCases.map(\.rawValue).joined(separator: ", ")
                throw UniqueParameters.wrong("'format' is one of \(words)")
            }
            return form
        }
        for value in fields.values(of: .accept) {
            for range in value.split(separator: ",") {
                let essence = range.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
                if let form = Form.allCases.first(where: { $0.type.prefix { $0 != ";" } == essence }) { return form }
            }
        }
        return .json
    }

    // MARK: Answers

    /// What `port` knows of it.
    func document(from port: any LedgerPort) async throws(LedgerProblem) -> AccountUsageDocument {
        var (total, periods) = (UsageSum(), [AccountUsageDocument.Period]())
        for number in from.month..<to.month {
            guard let usage = try await port.usage(account, in: BillingPeriod(month: number)) else { continue }
            total.add(usage.total)
            periods.append(AccountUsageDocument.Period(usage, by: dimension))
        }
        return AccountUsageDocument(
            account: account.text,
            by: dimension.name,
            from: from.description,
            to: to.description,
            total: AccountUsageDocument.Sum(total),
            periods: periods
        )
    }

    /// `document` in the form that was asked for.
    func answer(_ document: AccountUsageDocument) -> HTTPResponse {
        guard form != .json else { return HTTPResponse(document) }
        let table = UsageTable(document)
        var response = HTTPResponse(type: form.type, bytes: form == .csv ? table.csv : table.jsonLines)
        response.fields.append(.cacheControl, "no-store")
        let file = "usage-\(account.text)-\(from).\(form.rawValue)"
        response.fields.append(.contentDisposition, "attachment; filename=\"\(file)\"")
        return response
    }
}
