package import MeshChat
package import MeshCore
package import MeshLedger

/// What an account should be, by the plainest means: nothing is bounded, nothing is forgotten, nothing is an event.
///
/// It rounds by another way than the ledger: twice the numerator and a floor.
package struct OracleAccount: Sendable {
    /// What became of a call.
    package enum Fate: Sendable { case held, expired, voided, settled }

    /// A call, and what it should come to.
    package struct Call: Sendable {
        /// What was asked for.
        package let call: LedgerCall
        /// What the account had agreed to then.
        package let terms: OracleTerms
        /// What is set aside for it.
        package let worst: Int128
        /// Whether somebody bills what it uses.
        package let isBilled: Bool
        /// From when on it is not set aside any more.
        package let expiresAt: WallTime
        /// What became of it.
        package fileprivate(set) var fate = Fate.held
        /// What it used.
        package fileprivate(set) var used: ChatUsage?
        /// How it ended.
        package fileprivate(set) var end = CallEnd.complete
        /// Who answered in another one's place.
        package fileprivate(set) var substitute: Substitute?
        /// What it is charged.
        package fileprivate(set) var charged: Int128 = 0
        /// Out of knowledge, granted, paid, and what is metered.
        package fileprivate(set) var parts: [Int128] = [0, 0, 0, 0]
        /// What of it lies beyond the ceiling.
        package fileprivate(set) var overdraft: Int128 = 0
        /// What was given back.
        package fileprivate(set) var refunded: Int128 = 0
    }

    /// What the account has agreed to.
    package var terms = OracleTerms.none
    /// Knowledge, granted, paid.
    package private(set) var funds: [Int128] = [0, 0, 0]
    /// What it owes.
    package private(set) var owed: Int128 = 0
    /// What of it nobody was told of.
    package private(set) var unflushed: Int128 = 0
    /// What of that somebody bills.
    package private(set) var billable: Int128 = 0
    /// Whether somebody bills what the account uses.
    package var isBilled = true { didSet { bound() } }
    /// What somebody was told of.
    package private(set) var flushed: Int128 = 0
    /// What credits have paid for, less what went back to them.
    package private(set) var credited: Int128 = 0
    /// All charges, less what was given back.
    package private(set) var billed: Int128 = 0
    /// All that is set aside.
    package private(set) var held: Int128 = 0
    /// Every call that there was.
    package private(set) var calls: [UniqueID: Call] = [:]
    /// Those for which something is set aside.
    package private(set) var open: Set<UniqueID> = []
    /// What the guests of each invite have used, and what is set aside for them.
    private var guests: [String: (spent: Int128, held: Int128)] = [:]
    /// Entries that were made, for whoever asks for them again.
    package var given: [UniqueID: Money] = [:]

    /// An account that nobody has used.
    package init() {}

    /// What could be spent if nothing were set aside.
    package var spendable: Int128 { funds.reduce(0, +) + terms.ceiling - owed }

    /// What can be set aside.
    package var available: Int128 { spendable - held }

    /// What is set aside for calls that should not be any more: for all, or for the guests of `invite` alone.
    package func due(_ now: WallTime, of invite: String? = nil) -> Int128 {
        open.reduce(0) { sum, id in
            guard let call = calls[id], call.expiresAt <= now else { return sum }
            return invite == nil || call.call.guest?.invite == invite ? sum + call.worst : sum
        }
    }

    /// What `call` can come to at most.
    package func worst(of call: LedgerCall) -> Int128 {
        let dearest = Int128(call.dearestCost.nanodollars) * 1_000_000
        let other = terms.charge(dearest, call.otherKind ?? call.kind)
        return max(Self.cost(call.price, call.worst, terms, call.kind), terms.charge(dearest, call.kind), other)
    }

    /// What `usage` costs at `price`, by `terms`, as `kind`.
    package static func cost(
        _ price: ModelPrice,
        _ usage: ChatUsage,
        _ terms: OracleTerms,
        _ kind: UseKind
    ) -> Int128 {
        let rates = usage.promptTokens > (price.long?.aboveTokens ?? .max) ? price.long?.rates : nil
        let price = rates ?? price.base
        let parts: [Int128] = [
            Int128(usage.inputTokens) * Int128(price.input), Int128(usage.outputTokens) * Int128(price.output),
            Int128(usage.cacheReadTokens) * Int128(price.cacheRead),
            Int128(usage.cacheWriteTokens) * Int128(price.cacheWrite),
            Int128(usage.longCacheWriteTokens) * Int128(price.longCacheWrite),
        ]
        return terms.charge(parts.reduce(0, +), kind)
    }

    // MARK: Calls

    /// What is set aside for `call`; nil where there is too little.
    package mutating func reserve(_ call: LedgerCall, now: WallTime, expiresAt: WallTime) -> Int128? {
        let freed = due(now)
        let worst = worst(of: call)
        let isFree = call.price.base == .free && call.price.long == nil && call.dearestCost == .zero
        guard isFree || (available + freed > 0 && worst <= available + freed) else { return nil }
        if let guest = call.guest {
            let use = guests[guest.invite] ?? (0, 0)
            let stillHeld = use.held - due(now, of: guest.invite)
            guard worst <= Int128(guest.quota.nanodollars) - use.spent - stillHeld else { return nil }
        }
        expire(now)
        hold(call, expiresAt: expiresAt)
        return worst
    }

    /// Sets aside for `call`, whether or not there is enough.
    package mutating func hold(_ call: LedgerCall, expiresAt: WallTime) {
        let worst = worst(of: call)
        held += worst
        open.insert(call.id)
        if let invite = call.guest?.invite { guests[invite, default: (0, 0)].held += worst }
        calls[call.id] = Call(call: call, terms: terms, worst: worst, isBilled: isBilled, expiresAt: expiresAt)
    }

    /// Whatever is due is not set aside any more.
    package mutating func expire(_ now: WallTime) {
        for id in open.sorted() {
            guard let call = calls[id], call.expiresAt <= now else { continue }
            expire(id)
        }
    }

    /// Nothing is set aside for the call `id` any more.
    package mutating func expire(_ id: UniqueID) {
        guard let call = calls[id], call.fate == .held else { return }
        calls[id]?.fate = .expired
        release(call)
    }

    private mutating func release(_ call: Call) {
        guard open.remove(call.call.id) != nil else { return }
        held -= call.worst
        if let invite = call.call.guest?.invite { guests[invite]?.held -= call.worst }
    }

    /// The call used nothing.
    package mutating func void(_ id: UniqueID) {
        guard let call = calls[id], call.fate == .held || call.fate == .expired else { return }
        release(call)
        calls[id]?.fate = .voided
    }

    /// The call used what it says.
    package mutating func settle(_ id: UniqueID, _ usage: ChatUsage, _ end: CallEnd, _ substitute: Substitute?) {
        guard var call = calls[id], call.fate == .held || call.fate == .expired else { return }
        release(call)
        call.fate = .settled
        call.used = usage
        call.end = end
        call.substitute = substitute
        let price = substitute?.price ?? call.call.price
        call.charged = Self.cost(price, usage, call.terms, substitute?.kind ?? call.call.kind)
        var rest = call.charged
        for index in 0..<3 {
            call.parts[index] = min(rest, funds[index])
            funds[index] -= call.parts[index]
            rest -= call.parts[index]
        }
        call.parts[3] = rest
        if let invite = call.call.guest?.invite { guests[invite]?.spent += call.charged }
        owed += rest
        unflushed += rest
        if call.isBilled { billable += rest }
        bound()
        credited += call.charged - rest
        billed += call.charged
        call.overdraft = min(rest, max(0, owed - terms.ceiling))
        calls[id] = call
    }

    /// Gives `amount` of a call back, the latest part first.
    package mutating func refund(_ id: UniqueID, _ amount: Int128) {
        guard var call = calls[id] else { return }
        // As if each part were a stretch of one line, of which `refunded` has gone already.
        var from = call.refunded
        var rest = amount
        for index in [3, 2, 1, 0] {
            let gone = min(from, call.parts[index])
            from -= gone
            let back = min(rest, call.parts[index] - gone)
            rest -= back
            if index == 3 {
                owed -= back
                unflushed -= back
            } else {
                funds[index] += back
                credited -= back
            }
        }
        bound()
        call.refunded += amount
        billed -= amount
        calls[id] = call
    }

    // MARK: Entries and flushes

    /// So much comes into a fund, or goes.
    package mutating func give(_ fund: Fund, _ amount: Money) {
        funds[Int(fund.rawValue)] += Int128(amount.nanodollars)
    }

    /// So much of what was owed is paid.
    package mutating func pay(_ amount: Money) { owed -= Int128(amount.nanodollars) }

    /// What nobody bills is taken of what was paid ahead; how much that is.
    package mutating func cover() -> Int128 {
        let amount = max(0, min(funds[2], unflushed))
        funds[2] -= amount
        owed -= amount
        unflushed -= amount
        credited += amount
        bound()
        return amount
    }

    /// Who bills at all bills all of it; otherwise it is what was used before, as far as it is still owed.
    private mutating func bound() {
        let most = max(0, unflushed)
        billable = isBilled ? most : min(billable, most)
    }

    /// Somebody is told of all whole millionths of a dollar that are billed; how many they are.
    package mutating func flush() -> Int128 {
        let microdollars = billable / 1_000
        unflushed -= microdollars * 1_000
        billable -= microdollars * 1_000
        flushed += microdollars * 1_000
        return microdollars
    }
}

/// What an account has agreed to, typed in again: nothing here is read from the policy of the ledger.
package struct OracleTerms: Hashable, Sendable {
    /// Thousandths of the cost, for models of our own.
    package var local: Int128
    /// For providers' models.
    package var cloud: Int128
    /// For shared knowledge.
    package var knowledge: Int128
    /// Whether of a provider's model only that is charged which the multiplier adds.
    package var isFeeAlone: Bool
    /// How much may be owed.
    package var ceiling: Int128

    /// These terms.
    package init(local: Int128, cloud: Int128, knowledge: Int128, isFeeAlone: Bool = false, ceiling: Int128) {
        self.local = local
        self.cloud = cloud
        self.knowledge = knowledge
        self.isFeeAlone = isFeeAlone
        self.ceiling = ceiling
    }

    /// Of an account that has agreed to nothing yet.
    package static let none = OracleTerms(local: 1_000, cloud: 1_030, knowledge: 1_300, ceiling: 0)

    /// What a use of `kind` is charged that costs `exact` millionths of a nano-dollar.
    func charge(_ exact: Int128, _ kind: UseKind) -> Int128 {
        let thousandths: Int128 =
            switch kind {
            case .local: local
            case .knowledge: knowledge
            case .cloud: isFeeAlone ? cloud - 1_000 : cloud
            }
        let numerator = exact * thousandths
        let unit: Int128 = 1_000_000_000
        let up = (2 * numerator + unit) / (2 * unit)
        let isTie = (2 * numerator + unit) % (2 * unit) == 0
        return isTie && up % 2 == 1 ? up - 1 : up
    }
}
