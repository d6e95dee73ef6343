internal import MeshAccounts
internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON
internal import MeshLedger
internal import MeshStripe

/// What came of holding accounts against Stripe, for people and for programs.
struct LedgerReconcileReport {
    private let answers: [StripeReconciliation.Answer]
    private let unread: [LedgerStatements.Unread]
    private let period: BillingPeriod
    private let agreeing: Int
    private let differing: Int

    /// Of these answers, and of accounts that cannot be read.
    init(_ answers: [StripeReconciliation.Answer], unread: [LedgerStatements.Unread], in period: BillingPeriod) {
        (self.answers, self.unread, self.period) = (answers, unread, period)
        agreeing = answers.count { $0.verdict == .agrees }
        differing = answers.count { $0.verdict == .differs }
    }

    /// Whether an account is known to differ, or nobody can say what it told.
    var hasDifference: Bool { differing > 0 || !unread.isEmpty }
    /// Whether Stripe has answered for all of them.
    var isWhole: Bool { agreeing + differing == answers.count }

    /// A line for each account, and a sum.
    var text: String {
        var table = Table(columns: [
            .init("account"), .init("month"), .init("customer"), .init("flushed", .right), .init("at Stripe", .right),
            .init("on its way", .right), .init("refused", .right), .init("verdict"),
        ])
        for answer in answers {
            let statement = answer.statement
            table.append([
                statement.account, "\(statement.period)", statement.customer ?? "-", String(statement.flushed),
                answer.told.map { String($0) } ?? "-", String(statement.waiting), String(statement.refused),
                answer.words,
            ])
        }
        for one in unread {
            let nothing = Array(repeating: "-", count: 5)
            table.append([one.account, "\(period)"] + nothing + ["cannot be read: \(one.reason)"])
        }
        let unasked = answers.count - agreeing - differing
        let lost = unread.isEmpty ? "" : ", \(unread.count) cannot be read"
        return table.text + "\(isWhole && !hasDifference ? "agreed" : "not agreed"): "
            + "\(answers.count + unread.count) accounts, \(agreeing) agree, \(differing) differ, "
            + "\(unasked) could not be asked\(lost)\n"
    }

    /// Figures are texts: not every reader of JSON has integers of so many digits.
    var json: String {
        let accounts = answers.map { answer -> JSONValue in
            let statement = answer.statement
            return [
                "account": .string(statement.account),
                "month": .string("\(statement.period)"),
                "customer": statement.customer.map { .string($0) } ?? .null,
                "flushed": Self.text(statement.flushed),
                "told": answer.told.map { Self.text($0) } ?? .null,
                "difference": answer.told.map { Self.text(statement.flushed - $0) } ?? .null,
                "waiting": Self.text(statement.waiting),
                "refused": Self.text(statement.refused),
                "verdict": .string(answer.verdict.rawValue),
                "reason": answer.problem.map { .string($0.description) } ?? .null,
            ]
        }
        let lost = unread.map { one -> JSONValue in
            [
                "account": .string(one.account), "month": .string("\(period)"), "verdict": "unread",
                "reason": .string(one.reason),
            ]
        }
        let document: JSONValue = [
            "agreed": .bool(isWhole && !hasDifference), "accounts": .array(accounts + lost),
        ]
        return JSONWriter.text(of: document, isIndented: true) + "\n"
    }

    private static func text(_ figure: Int128) -> JSONValue { .string(String(figure)) }
}

extension StripeReconciliation.Answer {
    fileprivate enum Verdict: String {
        case agrees
        case differs
        case unasked
    }

    fileprivate var verdict: Verdict {
        switch self {
        case .found(let finding): finding.agrees ? .agrees : .differs
        case .unasked: .unasked
        }
    }

    fileprivate var statement: LedgerStatement {
        switch self {
        case .found(let finding): finding.statement
        case .unasked(let statement, _): statement
        }
    }

    fileprivate var told: Int128? {
        guard case .found(let finding) = self else { return nil }
        return finding.told
    }

    fileprivate var problem: StripeError? {
        guard case .unasked(_, let error) = self else { return nil }
        return error
    }

    /// For people.
    fileprivate var words: String {
        switch self {
        case .found(let finding) where finding.agrees: "agrees"
        case .found(let finding) where finding.difference > 0: "differs: Stripe lacks \(finding.difference)"
        case .found(let finding): "differs: Stripe has \(-finding.difference) too much"
        case .unasked(_, let error): "could not be asked: \(error.message)"
        }
    }
}
