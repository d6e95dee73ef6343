import MeshChat
import MeshCore
import MeshLedger

/// What an account should be, by the plainest means: nothing is bounded, nothing is forgotten, nothing is an event.
///
/// It rounds by another way than the ledger: twice the numerator and a floor.
struct OracleAccount {
    enum Fate { case held, expired, voided, settled }

    struct Call {
        let call: LedgerCall
        let tier: LedgerTier
        let worst: Int128
        let expiresAt: WallTime
        var fate = Fate.held
        var used: ChatUsage?
        var end = CallEnd.complete
        var substitute: Substitute?
        var charged: Int128 = 0
        /// Knowledge, granted, paid, metered.
        var parts: [Int128] = [0, 0, 0, 0]
        var refunded: Int128 = 0
    }

    var tier = LedgerTier.free
    var ceiling: Int128 = 0
    /// Knowledge, granted, paid.
    var funds: [Int128] = [0, 0, 0]
    var owed: Int128 = 0
    var calls: [UniqueID: Call] = [:]
    var open: Set<UniqueID> = []
    var held: Int128 = 0
    var billed: Int128 = 0
    var given: [UniqueID: Money] = [:]

    var available: Int128 { funds.reduce(0, +) + ceiling - owed - held }

    static func cost(_ price: ModelPrice, _ usage: ChatUsage, _ tier: LedgerTier, _ kind: UseKind) -> Int128 {
        let (thousandths, isFeeAlone) = rate(tier, kind)
        let rates = usage.promptTokens > (price.long?.aboveTokens ?? .max) ? price.long?.rates : nil
        let price = rates ?? price.base
        let parts: [Int128] = [
            Int128(usage.inputTokens) * Int128(price.input), Int128(usage.outputTokens) * Int128(price.output),
            Int128(usage.cacheReadTokens) * Int128(price.cacheRead),
            Int128(usage.cacheWriteTokens) * Int128(price.cacheWrite),
            Int128(usage.longCacheWriteTokens) * Int128(price.longCacheWrite),
        ]
        let numerator = parts.reduce(0, +) * (isFeeAlone ? thousandths - 1_000 : thousandths)
        let unit: Int128 = 1_000_000_000
        let up = (2 * numerator + unit) / (2 * unit)
        let isTie = (2 * numerator + unit) % (2 * unit) == 0
        return isTie && up % 2 == 1 ? up - 1 : up
    }

    /// What `kind` is multiplied by in `tier`, typed in again.
    static func rate(_ tier: LedgerTier, _ kind: UseKind) -> (thousandths: Int128, isFeeAlone: Bool) {
        switch (tier, kind) {
        case (_, .local): (1_000, false)
        case (_, .knowledge): (1_300, false)
        case (.byok, .cloud): (1_300, true)
        case (.free, .cloud), (.managed, .cloud): (1_030, false)
        }
    }

    /// What is set aside for `call`; nil where there is too little.
    mutating func reserve(_ call: LedgerCall, now: WallTime, expiresAt: WallTime) -> Int128? {
        let due = open.compactMap { calls[$0] }.filter { $0.expiresAt <= now }
        let freed = due.reduce(Int128(0)) { $0 + $1.worst }
        let worst = Self.cost(call.price, call.worst, tier, call.kind)
        guard call.price == Sample.own || (available + freed > 0 && worst <= available + freed) else { return nil }
        expire(now)
        held += worst
        open.insert(call.id)
        calls[call.id] = Call(call: call, tier: tier, worst: worst, expiresAt: expiresAt)
        return worst
    }

    mutating func expire(_ now: WallTime) {
        for id in open.sorted() {
            guard let call = calls[id], call.expiresAt <= now else { continue }
            calls[id]?.fate = .expired
            release(call)
        }
    }

    private mutating func release(_ call: Call) {
        if open.remove(call.call.id) != nil { held -= call.worst }
    }

    mutating func void(_ id: UniqueID) {
        guard let call = calls[id], call.fate == .held || call.fate == .expired else { return }
        release(call)
        calls[id]?.fate = .voided
    }

    mutating func settle(_ id: UniqueID, _ usage: ChatUsage, _ end: CallEnd, _ substitute: Substitute?) {
        guard var call = calls[id], call.fate == .held || call.fate == .expired else { return }
        release(call)
        call.fate = .settled
        call.used = usage
        call.end = end
        call.substitute = substitute
        let price = substitute?.price ?? call.call.price
        call.charged = Self.cost(price, usage, call.tier, substitute?.kind ?? call.call.kind)
        var rest = call.charged
        for index in 0..<3 {
            call.parts[index] = min(rest, funds[index])
            funds[index] -= call.parts[index]
            rest -= call.parts[index]
        }
        call.parts[3] = rest
        owed += rest
        billed += call.charged
        calls[id] = call
    }

    /// Gives `amount` of a call back, the latest part first.
    mutating func refund(_ id: UniqueID, _ amount: Int128) {
        guard var call = calls[id] else { return }
        // As if each part were a stretch of one line, of which `refunded` has gone already.
        var from = call.refunded
        var rest = amount
        for index in [3, 2, 1, 0] {
            let gone = min(from, call.parts[index])
            from -= gone
            let back = min(rest, call.parts[index] - gone)
            rest -= back
            if index == 3 { owed -= back } else { funds[index] += back }
        }
        call.refunded += amount
        billed -= amount
        calls[id] = call
    }
}
