internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore

/// Accounts and changes of them, for people.
enum AccountView {
    /// How an account stands.
    static func lines(of account: AccountDocument, _ screen: Screen) -> [String] {
        var sheet = FactSheet()
        sheet.fact("balance", account.display["balance"] ?? dollars(account.balance), paint(account.balance))
        sheet.fact("available", available(account.available, account.display), paint(account.available))
        sheet.fact("tier", account.policy == nil ? "\(account.tier) from its first call on: it is new" : account.tier)
        sheet.fact("suspended", account.suspended.map(Self.reason), .red)
        sheet.part("credits")
        sheet.fact("knowledge", dollars(account.knowledge))
        sheet.fact("granted", dollars(account.granted))
        sheet.fact("paid ahead", dollars(account.paid))
        sheet.part("owed")
        sheet.fact("owed", dollars(account.owed))
        sheet.fact("ceiling", dollars(account.ceiling))
        sheet.fact("not told yet", dollars(account.unflushed))
        let refused = Int(account.refusedMeterEvents)
        let told = Int(account.meterEvents) - refused
        if told > 0 { sheet.fact("being told", Words.count(told, "meter event")) }
        if refused > 0 { sheet.fact("refused", "\(Words.count(refused, "meter event")): synesis ledger outbox", .red) }
        sheet.part("under way")
        sheet.fact("set aside", "\(dollars(account.held)) for \(Words.count(Int(account.holds), "call"))")
        return [screen.paint(account.account.printable, .bold)] + sheet.lines(screen)
    }

    /// What a change has come to.
    static func lines(of receipt: ReceiptDocument, _ screen: Screen) -> [String] {
        var sheet = FactSheet()
        sheet.fact("id", receipt.id)
        if let charge = receipt.charge {
            sheet.fact("charged", "\(charge.display) (\(dollars(charge.total)))")
            sheet.fact("of it", "\(dollars(charge.upstream)) to the provider, \(dollars(charge.fee)) fee")
            sheet.fact("model", "\(charge.model), \(charge.kind), price \(charge.price)")
        }
        if let entry = receipt.entry { sheet.fact("entered", "\(dollars(entry.amount)), posting \(entry.number)") }
        if let flushed = receipt.flushed { sheet.fact("told", "\(dollars(flushed.amount)) as \(flushed.identifier)") }
        if let closed = receipt.closed { sheet.fact("closed", "\(dollars(closed.amount)) as \(closed.identifier)") }
        sheet.fact("balance", receipt.display["balance"] ?? dollars(receipt.balance), paint(receipt.balance))
        sheet.fact("credits", receipt.display["credits"] ?? dollars(receipt.credits))
        sheet.fact("available", available(receipt.available, receipt.display), paint(receipt.available))
        sheet.fact("tier", receipt.tier)
        sheet.fact("new", receipt.isOpened ? "nothing stood in this account before: is its name right?" : nil, .yellow)
        sheet.fact("suspended", receipt.suspended.map(Self.reason), .red)
        return [screen.paint(receipt.account.printable, .bold)] + sheet.lines(screen)
    }

    /// `$0.010815`, `-$3.50`: exactly, with whole cents at least.
    static func dollars(_ text: String) -> String {
        Money(decimal: text)?.description ?? (text.hasPrefix("-") ? "-$\(text.dropFirst())" : "$\(text)")
    }

    private static func available(_ exact: String, _ display: [String: String]) -> String {
        display["available"] ?? dollars(exact)
    }

    private static func paint(_ amount: String) -> Paint { amount.hasPrefix("-") ? .yellow : .plain }

    private static func reason(_ word: String) -> String {
        switch word {
        case "ceiling": "it owes as much as it may: top it up"
        case "payment_failed": "a payment failed"
        case "operator": "by an operator"
        default: word
        }
    }
}
