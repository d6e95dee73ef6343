internal import MeshCommandLine
internal import MeshCore
internal import MeshJSON

/// What commands about accounts take.
enum AccountOptions {
    static let account = Option<String?>(
        "account",
        as: accountSyntax,
        "Whose account it is, for operators: the name of a tenant (default: that of your key)."
    )
    static let id = Option<String?>(
        "id",
        as: idSyntax,
        "By which the change is known: said again with it, it is done once (default: a new one, which is printed)."
    )
    static let note = Option<String?>("note", "A word for people; it stands among the postings.")
    static let fund = Option<AccountFund>("fund", default: .granted, "Where it goes.")

    /// Dollars above nothing.
    static let amountSyntax = ValueSyntax<String>(
        valueName: "AMOUNT",
        expected: "dollars above nothing, such as 25 or 0.50, nine digits behind the point at most"
    ) { word in
        Money(decimal: word).flatMap { $0 > .zero ? $0.decimalText : nil }
    }

    /// Dollars that somebody pays.
    static let topUpSyntax = ValueSyntax<String>(
        valueName: "AMOUNT",
        expected: "dollars above nothing in whole cents, such as 25 or 12.50"
    ) { word in
        Money(decimal: word).flatMap { $0 > .zero && $0.nanodollars % 10_000_000 == 0 ? $0.decimalText : nil }
    }

    /// Dollars, more or less.
    static let changeSyntax = ValueSyntax<String>(
        valueName: "AMOUNT",
        expected: "dollars such as 25 or -0.50, nine digits behind the point at most"
    ) { word in
        Money(decimal: word).flatMap { $0 != .zero ? $0.decimalText : nil }
    }

    /// What whoever bills was not told of.
    static let event = Argument<String>("event", as: idSyntax, "The meter event, as outbox names it.")

    /// `2026-11`.
    static let monthSyntax = ValueSyntax<String>(
        valueName: "MONTH",
        expected: "a month such as 2026-11"
    ) { word in
        CalendarDay.start("\(word)-01") == nil ? nil : word
    }

    /// What names a change, a call, or where one belongs.
    static let idSyntax = ValueSyntax<String>(
        valueName: "ID",
        expected: "1 to 128 printable characters without spaces"
    ) { word in
        let isName = (1...128).contains(word.utf8.count) && word.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return isName ? word : nil
    }

    private static let accountSyntax = ValueSyntax<String>(
        valueName: "TENANT",
        expected: "the name of a tenant (lowercase letters, digits, '-', '_', '.')"
    ) { word in
        (try? TenantID(word)) == nil ? nil : word
    }
}

/// Out of what calls are paid.
enum AccountFund: String, CaseIterable, CommandLineValue {
    case knowledge
    case granted
    case paid
}

/// Why an operator stops an account.
enum SuspensionReason: String, CaseIterable, CommandLineValue {
    case `operator`
    case payment

    /// As the gateway calls it.
    var word: String { self == .payment ? "payment_failed" : rawValue }
}

extension JSONObject {
    /// The body of a change of the account that `invocation` names.
    init(of invocation: Invocation) {
        self.init()
        self["account"] = invocation[AccountOptions.account].map { .string($0) }
    }
}
