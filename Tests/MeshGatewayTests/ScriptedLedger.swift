import MeshActors
import MeshChat
import MeshCore
import MeshGateway
import MeshIdentity
import MeshLedger
import MeshTestKit

/// A test double of the accounts of a hub: the real values without actors, an office and a journal.
///
/// The account `busy` has too much to do, `away` cannot be reached, of `torn` nobody knows what became. The model
/// `round` costs three dollars for a million tokens that are read and fifteen for those that are said.
final class ScriptedLedger: LedgerPort {
    let accounts = Lock<[TenantID: JournalGround<Ledger>]>([:])
    /// What happens to a top-up; nil where nobody takes money.
    let topUps = Lock<TopUpPlace?>(nil)
    private let terms: LedgerTerms

    static let now = WallTime(millisecondsSince1970: 1_800_000_000_000)

    init() throws { terms = try LedgerPolicy.shipped.get().terms(at: Self.now) }

    var period: BillingPeriod { BillingPeriod(of: Self.now) }

    func accounts(after account: TenantID?, atMost most: Int) async throws(LedgerProblem) -> [TenantID] {
        let names = accounts.withLock { $0.keys.sorted { $0.text < $1.text } }
        return Array(names.drop { name in account.map { name.text <= $0.text } ?? false }.prefix(most))
    }

    func balance(_ account: TenantID) async throws(LedgerProblem) -> Balance {
        try perform(Ledger.ShowBalance(), on: account)
    }

    func usage(_ account: TenantID, in period: BillingPeriod) async throws(LedgerProblem) -> PeriodUsage? {
        try perform(Ledger.ShowUsage(period), on: account)
    }

    func record(_ use: RecordedUse, to account: TenantID) async throws(LedgerProblem) -> RecordedCharge {
        guard use.model == "round" || use.model == "=cmd", (use.day ?? Self.now) <= Self.now else { throw .noPrice }
        let rates = ModelPrice.Rates(
            input: 3_000_000_000,
            output: 15_000_000_000,
            cacheRead: 0,
            cacheWrite: 0,
            longCacheWrite: 0
        )
        let version = use.day == nil ? "round@1" : "round@old"
        let price = ModelPrice(version: version, base: rates)
        let call = LedgerCall(
            id: use.id,
            model: use.model,
            kind: use.kind,
            price: price,
            worst: use.usage,
            place: use.place
        )
        let receipt = try perform(Ledger.Record(call, terms: terms), on: account)
        return RecordedCharge(receipt, priceVersion: version)
    }

    func enter(_ entry: AccountEntry, into account: TenantID) async throws(LedgerProblem) -> EntryReceipt {
        switch entry.kind {
        case .credit(let fund, let amount):
            try perform(Ledger.AddCredit(entry.id, fund, amount, note: entry.note), on: account)
        case .refund(let call, let amount):
            try perform(Ledger.Refund(entry.id, of: call, amount, note: entry.note), on: account)
        case .correction(let fund, let amount):
            try perform(Ledger.Correct(entry.id, fund, by: amount, note: entry.note), on: account)
        case .payment(let amount):
            try perform(Ledger.NotePayment(entry.id, amount, note: entry.note), on: account)
        }
    }

    func set(_ tier: LedgerTier, of account: TenantID) async throws(LedgerProblem) {
        _ = try perform(Ledger.SetTier(tier, terms: terms), on: account)
    }

    func suspend(_ account: TenantID, for reason: Suspension) async throws(LedgerProblem) {
        _ = try perform(Ledger.Suspend(reason), on: account)
    }

    func resume(_ account: TenantID, from reason: Suspension) async throws(LedgerProblem) {
        _ = try perform(Ledger.Resume(reason), on: account)
    }

    func flush(_ account: TenantID) async throws(LedgerProblem) -> MeterEvent? {
        try perform(Ledger.Flush(), on: account)
    }

    func outbox(_ account: TenantID) async throws(LedgerProblem) -> [OutboxEntry] {
        try perform(Ledger.ShowOutbox(), on: account)
    }

    func retry(
        event identifier: String,
        isMissing: Bool,
        of account: TenantID
    ) async throws(LedgerProblem) -> MeterEvent {
        try perform(Ledger.RetryFlush(identifier, isMissing: isMissing), on: account)
    }

    func close(
        event identifier: String,
        isCounted: Bool,
        note: String,
        of account: TenantID
    ) async throws(LedgerProblem) -> MeterEvent {
        try perform(Ledger.CloseFlush(identifier, isCounted: isCounted, note: note), on: account)
    }

    /// Whoever bills has said so of an event.
    func end(_ identifier: String, _ outcome: MeterOutcome, of account: TenantID) throws(LedgerProblem) {
        _ = try perform(Ledger.EndFlush(identifier, outcome), on: account)
    }

    func verify(_ account: TenantID) async throws(LedgerProblem) -> [String] {
        try perform(Ledger.Verify(), on: account)
    }

    func topUp(_ account: TenantID, by amount: Money) async throws(LedgerProblem) -> TopUpPlace {
        guard let place = topUps.withLock({ $0 }) else { throw .noTopUp }
        guard place != .checkout("") else { throw .checkoutFailed }
        return place
    }

    private func perform<C: Command>(_ command: C, on account: TenantID) throws(LedgerProblem) -> C.Reply
    where C.Target == Ledger {
        switch account.text {
        case "busy": throw .busy(retryAfter: .seconds(3))
        case "away": throw .unavailable("the account cannot be reached now")
        case "torn": throw .lost
        default: break
        }
        return try accounts.withLock { accounts throws(LedgerProblem) in
            var ground = accounts[account] ?? JournalGround<Ledger>(key: account.text, now: Self.now)
            defer { accounts[account] = ground }
            do throws(C.Refusal) { return try ground.perform(command) } catch {
                guard let refusal = error as any Error as? LedgerRefusal else { throw .lost }
                throw .refused(refusal)
            }
        }
    }
}
