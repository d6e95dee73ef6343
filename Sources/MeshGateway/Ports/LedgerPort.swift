package import MeshChat
package import MeshCore
package import MeshLedger

/// The port to the accounts of a hub: whose account a caller may ask of, the routes have found out.
///
/// An account is that of the tenant called so. What is answered is durable. Asked by many at a time, on the loop of the
/// listener.
package protocol LedgerPort: Sendable {
    /// The accounts behind `account` in which something stands, in the order of their names; at most `most`.
    func accounts(after account: TenantID?, atMost most: Int) async throws(LedgerProblem) -> [TenantID]

    /// How the account stands.
    func balance(_ account: TenantID) async throws(LedgerProblem) -> Balance

    /// What was used in `period`; nil where nothing of it is known.
    func usage(_ account: TenantID, in period: BillingPeriod) async throws(LedgerProblem) -> PeriodUsage?

    /// The period that it is now.
    var period: BillingPeriod { get }

    /// Charges what was used elsewhere. The same again has the same answer.
    func record(_ use: RecordedUse, to account: TenantID) async throws(LedgerProblem) -> RecordedCharge

    /// Makes an entry by hand. The same again has the same answer.
    func enter(_ entry: AccountEntry, into account: TenantID) async throws(LedgerProblem) -> EntryReceipt

    /// Puts the account in a tier.
    func set(_ tier: LedgerTier, of account: TenantID) async throws(LedgerProblem)

    /// Forbids the account what costs money.
    func suspend(_ account: TenantID, for reason: Suspension) async throws(LedgerProblem)

    /// Ends a suspension that has this reason, and no other one.
    func resume(_ account: TenantID, from reason: Suspension) async throws(LedgerProblem)

    /// Has whoever bills told of what is unflushed; nil where there is nothing to tell.
    func flush(_ account: TenantID) async throws(LedgerProblem) -> MeterEvent?

    /// What whoever bills is still to be told of, the oldest first; at most ``Limits/Ledger/maximumOutbox``.
    func outbox(_ account: TenantID) async throws(LedgerProblem) -> [OutboxEntry]

    /// Has whoever bills told again of what it refused; `isMissing` where somebody has looked and it does not have it.
    func retry(
        event identifier: String,
        isMissing: Bool,
        of account: TenantID
    ) async throws(LedgerProblem) -> MeterEvent

    /// Ends by hand what whoever bills refused: it has it after all, or it was billed otherwise.
    func close(
        event identifier: String,
        isCounted: Bool,
        note: String,
        of account: TenantID
    ) async throws(LedgerProblem) -> MeterEvent

    /// What of the account's figures does not agree.
    func verify(_ account: TenantID) async throws(LedgerProblem) -> [String]

    /// Where somebody pays `amount` ahead for the account.
    func topUp(_ account: TenantID, by amount: Money) async throws(LedgerProblem) -> TopUpPlace
}

/// What was used where no hold was, as an operator tells it.
package struct RecordedUse: Hashable, Sendable {
    /// By which the call is known.
    package var id: UniqueID
    /// The model, by its name in the table.
    package var model: String
    /// What kind of use it was.
    package var kind: UseKind
    /// What was used.
    package var usage: ChatUsage
    /// Where it belongs.
    package var place: CallPlace
    /// The day whose price holds; nil for that of today.
    package var day: WallTime?

    /// `usage` of `model`.
    package init(
        id: UniqueID,
        model: String,
        kind: UseKind,
        usage: ChatUsage,
        place: CallPlace = CallPlace(),
        day: WallTime? = nil
    ) {
        self.id = id
        self.model = model
        self.kind = kind
        self.usage = usage
        self.place = place
        self.day = day
    }
}

/// What was charged for it, and by which price.
package struct RecordedCharge: Hashable, Sendable {
    /// What was charged, and out of what.
    package let receipt: ChargeReceipt
    /// The row of the table of prices.
    package let priceVersion: String

    /// What `receipt` says, by that price.
    package init(_ receipt: ChargeReceipt, priceVersion: String) {
        self.receipt = receipt
        self.priceVersion = priceVersion
    }
}

/// What an operator enters by hand.
package struct AccountEntry: Hashable, Sendable {
    /// What it is.
    package enum Kind: Hashable, Sendable {
        /// So much is given.
        case credit(Fund, Money)
        /// So much of what a call was charged goes back; nil for all that is left of it.
        case refund(of: UniqueID, Money?)
        /// A fund is put right, upward or downward.
        case correction(Fund, Money)
        /// So much of what was owed has been paid.
        case payment(Money)
    }

    /// By which it is known.
    package let id: UniqueID
    /// What it is.
    package let kind: Kind
    /// A word for people.
    package let note: String

    /// An entry of that kind.
    package init(id: UniqueID, _ kind: Kind, note: String) {
        self.id = id
        self.kind = kind
        self.note = note
    }
}

/// Where somebody pays ahead.
package enum TopUpPlace: Hashable, Sendable {
    /// A page for this one payment.
    case checkout(String)
    /// The page that the operator has named, which asks for the amount itself.
    case page(String)
}

/// Why an account does not do as it is told.
package enum LedgerProblem: Error, Hashable, Sendable {
    /// It says no.
    case refused(LedgerRefusal)
    /// Nobody knows what the model costs on that day: it is not free for that.
    case noPrice
    /// Nobody takes money here.
    case noTopUp
    /// Whoever takes money does not answer as it should.
    case checkoutFailed
    /// It has more to do than may be.
    case busy(retryAfter: Duration)
    /// Not now; nothing has happened.
    case unavailable(String)
    /// It may be done all the same: the same again finds out.
    case lost
}
