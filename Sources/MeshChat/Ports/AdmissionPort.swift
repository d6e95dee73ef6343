package import MeshCore

/// The port to whoever decides whether a call may be made, and keeps account of it: the ledger.
///
/// Every call passes it, whatever its dialect and whether it streams or not: reserve the worst case before anything
/// leaves, then settle what was used or void. A hold is settled or voided once; the same again changes nothing. All of
/// it is callable from any task, and what it returned is durable.
package protocol AdmissionPort: Sendable {
    /// Sets the worst case aside.
    ///
    /// Throws `paymentRequired` where the credit does not suffice, with a ``CreditRefusal``; `rateLimited` with a time
    /// to wait, `forbidden` where the key may not use the model, `conflict` where `ask.id` was another call. What is
    /// refused costs nothing; where nobody knows, the failure says ``ChatFailure/mayBeHeld``, and the call is voided.
    func reserve(_ ask: AdmissionAsk) async throws(ChatError) -> AdmissionHold

    /// Books what was used and gives the rest back.
    ///
    /// More than was set aside is booked all the same: what was used is never dropped. Also for a client that has
    /// left, and for an answer that broke off; cancelling the task does not stop it. Returns what was charged; nil
    /// where nobody charges.
    @discardableResult
    func settle(_ hold: AdmissionHold, as outcome: AdmissionOutcome) async throws(ChatError) -> CallCharge?

    /// Gives all of it back: nothing was used.
    func void(_ hold: AdmissionHold) async throws(ChatError)
}

/// A call that wants to be made.
package struct AdmissionAsk: Hashable, Sendable {
    /// By which the call is known; the same id twice is one call.
    package var id: UniqueID

    /// On whose behalf.
    package var tenant: TenantID

    /// The name of the key that was shown; nil where none is needed.
    package var key: String?

    /// Where it belongs.
    package var place: CallPlace

    /// The model that is asked first, by its name in the table.
    package var model: String

    /// The most that can be used.
    package var worst: ChatUsage

    /// What that costs; where others may answer in its place, with the dearest of them.
    package var worstCost: Money

    /// The price that is agreed on: what is settled later goes by this one, unless another model answered.
    package var price: ModelPrice

    /// Who may answer, by our names, whoever is asked first in front.
    package var engines: [String]

    /// When it must be over; nil where nobody has said.
    package var deadline: Instant?

    /// A call of these parts.
    package init(
        id: UniqueID,
        tenant: TenantID,
        key: String?,
        place: CallPlace = CallPlace(),
        model: String,
        worst: ChatUsage,
        worstCost: Money,
        price: ModelPrice,
        engines: [String] = [],
        deadline: Instant? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.key = key
        self.place = place
        self.model = model
        self.worst = worst
        self.worstCost = worstCost
        self.price = price
        self.engines = engines
        self.deadline = deadline
    }
}

/// What was set aside for a call.
package struct AdmissionHold: Hashable, Sendable {
    /// The call.
    package let id: UniqueID

    /// On whose behalf.
    package let tenant: TenantID

    /// The price that was agreed on.
    package let price: ModelPrice

    /// Requests that may still be made, and when there are more, for the client; nil where nothing is limited.
    package let allowance: RequestAllowance?

    /// What was set aside for the call `id`.
    package init(id: UniqueID, tenant: TenantID, price: ModelPrice, allowance: RequestAllowance? = nil) {
        self.id = id
        self.tenant = tenant
        self.price = price
        self.allowance = allowance
    }
}

/// How a call went, for the account of it.
package struct AdmissionOutcome: Hashable, Sendable {
    /// How it ended.
    package enum End: String, Hashable, Sendable {
        /// The answer was complete.
        case complete
        /// The client left.
        case clientLeft
        /// Whoever answered broke off.
        case brokenOff
    }

    /// How it ended.
    package var end: End

    /// What was used; it says whether that is an estimate.
    package var usage: ChatUsage

    /// What that costs at the price of whoever answered, as it was when the call was admitted.
    package var cost: Money

    /// Who answered in place of the model that was asked first, by an operator's word or because that one could not,
    /// and at what price; nil where it was that one.
    package var substitute: Substitute?

    /// A model that answered in another one's place.
    package struct Substitute: Hashable, Sendable {
        /// The model's name in the table.
        package var model: String
        /// What it cost when the call was admitted.
        package var price: ModelPrice
        /// Who ran it, by our name.
        package var engine: String

        /// The model called so, at this price.
        package init(model: String, price: ModelPrice, engine: String = "") {
            self.model = model
            self.price = price
            self.engine = engine
        }
    }

    /// An outcome of these parts.
    package init(end: End, usage: ChatUsage, cost: Money, substitute: Substitute? = nil) {
        self.end = end
        self.usage = usage
        self.cost = cost
        self.substitute = substitute
    }
}

/// How many requests may still be made.
package struct RequestAllowance: Hashable, Sendable {
    /// In one window.
    package var limit: Int

    /// Of these, still left.
    package var remaining: Int

    /// After how long there is one more.
    package var reset: Duration

    /// An allowance of these figures.
    package init(limit: Int, remaining: Int, reset: Duration) {
        self.limit = limit
        self.remaining = remaining
        self.reset = reset
    }
}
