internal import MeshAPI
internal import MeshCore
internal import MeshLedger

extension Balance {
    /// Credits, less what is owed.
    fileprivate var net: Money { credits - owed }
}

extension AccountDocument {
    /// How `account` stands.
    init(_ balance: Balance, of account: TenantID) {
        self.init()
        self.account = account.text
        tier = balance.tier.name
        suspended = balance.suspension?.name
        self.balance = balance.net.decimalText
        credits = balance.credits.decimalText
        knowledge = balance.knowledge.decimalText
        granted = balance.granted.decimalText
        paid = balance.paid.decimalText
        owed = balance.owed.decimalText
        unflushed = balance.unflushed.decimalText
        ceiling = balance.ceiling.decimalText
        held = balance.held.decimalText
        holds = Int64(balance.holds)
        available = balance.available.decimalText
        meterEvents = Int64(balance.outbox)
        refusedMeterEvents = Int64(balance.refused)
        postings = balance.postings
        policy = balance.policyVersion.isEmpty ? nil : balance.policyVersion
        customer = balance.customer
        display = [
            "balance": balance.net.balanceText, "credits": balance.credits.balanceText,
            "owed": balance.owed.costText, "available": balance.available.balanceText,
        ]
    }
}

extension ReceiptDocument {
    /// What has changed nothing, of an account that stands so.
    init(_ balance: Balance, of account: TenantID) {
        self.init()
        self.account = account.text
        self.balance = balance.net.decimalText
        credits = balance.credits.decimalText
        available = balance.available.decimalText
        tier = balance.tier.name
        suspended = balance.suspension?.name
        display = [
            "charged": Money.zero.costText, "balance": balance.net.balanceText,
            "credits": balance.credits.balanceText, "available": balance.available.balanceText,
        ]
    }

    /// What was charged for `use`.
    mutating func take(_ recorded: RecordedCharge, of use: RecordedUse) {
        let (receipt, charge) = (recorded.receipt, recorded.receipt.charge)
        var told = Charge()
        (told.call, told.model, told.kind) = (use.id.description, use.model, use.kind.name)
        told.price = recorded.priceVersion
        told.total = charge.total.decimalText
        told.upstream = charge.upstream.decimalText
        told.fee = charge.fee.decimalText
        told.fromKnowledge = receipt.funding.knowledge.decimalText
        told.fromGranted = receipt.funding.granted.decimalText
        told.fromPaid = receipt.funding.paid.decimalText
        told.owed = receipt.funding.metered.decimalText
        told.overdraft = receipt.overdraft.decimalText
        told.display = charge.total.costText
        self.charge = told
        charged = told.total
        display["charged"] = told.display
    }

    /// What was entered.
    mutating func take(_ receipt: EntryReceipt, of entry: AccountEntry) {
        self.entry = Entry(
            posting: entry.id.description,
            number: receipt.number,
            amount: receipt.amount.decimalText,
            available: receipt.available.decimalText
        )
        // The same id again has the same number: whoever repeats it is told the same.
        isOpened = receipt.number == 1
        if case .refund = entry.kind {
            charged = (-receipt.amount).decimalText
            display["charged"] = (-receipt.amount).costText
        }
    }
}

extension ReceiptDocument.Flushed {
    /// What `event` tells.
    init(_ event: MeterEvent) {
        self.init(
            identifier: event.identifier,
            amount: event.amount.decimalText,
            time: event.time.description
        )
    }
}

extension OutboxDocument {
    /// What `entries` of `account` say.
    init(_ entries: [OutboxEntry], of account: TenantID) {
        self.init(
            account: account.text,
            events: entries.map { entry in
                Event(
                    identifier: entry.event.identifier,
                    amount: entry.event.amount.decimalText,
                    time: entry.event.time.description,
                    refusal: entry.refusal
                )
            }
        )
    }
}

extension ReceiptDocument.TopUp {
    /// `amount` at `place`.
    init(_ place: TopUpPlace, _ amount: Money) {
        switch place {
        case .checkout(let url): self.init(url: url, kind: .checkout, amount: amount.decimalText)
        case .page(let url): self.init(url: url, kind: .page, amount: amount.decimalText)
        }
    }
}

extension AccountUsageDocument.Period {
    /// What `usage` says, by `dimension`.
    init(_ usage: PeriodUsage, by dimension: UsageDimension) {
        let rows = usage[dimension].sorted { $0.key < $1.key }.map { name, sum in
            AccountUsageDocument.Row(name: name.isEmpty ? nil : name, sum: AccountUsageDocument.Sum(sum))
        }
        self.init(
            period: usage.period.description,
            start: usage.period.start.description,
            end: usage.period.end.description,
            isClosed: usage.isClosed,
            flushed: Money.decimalText(ofNanodollars: usage.flushed),
            total: AccountUsageDocument.Sum(usage.total),
            rows: rows
        )
    }
}

extension AccountUsageDocument.Sum {
    /// What `sum` says.
    init(_ sum: UsageSum) {
        self.init()
        calls = sum.calls
        inputTokens = sum.inputTokens
        cacheReadTokens = sum.cacheReadTokens
        cacheWriteTokens = sum.cacheWriteTokens
        outputTokens = sum.outputTokens
        upstream = Money.decimalText(ofNanodollars: sum.upstream)
        charged = Money.decimalText(ofNanodollars: sum.charged)
        fromCredits = Money.decimalText(ofNanodollars: sum.fromCredits)
        refunded = Money.decimalText(ofNanodollars: sum.refunded)
        display = Money(clamping: sum.charged).costText
    }
}
