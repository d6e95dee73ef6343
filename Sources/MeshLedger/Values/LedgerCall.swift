package import MeshChat
package import MeshCore
internal import MeshWire

/// A guest for whom the account pays, until a quota is spent.
package struct GuestPass: Hashable, Sendable {
    /// The invite by which the guest came.
    package let invite: String

    /// What all its calls together may come to.
    package let quota: Money

    /// A guest by `invite` with a quota.
    package init(invite: String, quota: Money) {
        self.invite = invite.cut(toBytes: Limits.Ledger.maximumNameBytes)
        self.quota = quota
    }
}

/// A call that an account shall pay for: what makes two askings the same one.
package struct LedgerCall: Hashable, Sendable {
    /// By which the call is known.
    package let id: UniqueID

    /// The model that answers, by its name in the table.
    package let model: String

    /// What kind of use it is.
    package let kind: UseKind

    /// The price that is agreed on.
    package let price: ModelPrice

    /// The most that can be used.
    package let worst: ChatUsage

    /// What a dearer model costs that may answer in place of this one, before any multiplier; nothing for none.
    package let dearestCost: Money

    /// What kind of use that may be; nil where it is none but ``kind``.
    package let otherKind: UseKind?

    /// Where it belongs.
    package let place: CallPlace

    /// The guest who asks; nil for the account itself.
    package let guest: GuestPass?

    /// A call of these parts.
    package init(
        id: UniqueID,
        model: String,
        kind: UseKind,
        price: ModelPrice,
        worst: ChatUsage,
        dearestCost: Money = .zero,
        otherKind: UseKind? = nil,
        place: CallPlace = CallPlace(),
        guest: GuestPass? = nil
    ) {
        self.id = id
        self.model = model.cut(toBytes: Limits.Ledger.maximumNameBytes)
        self.kind = kind
        self.price = price
        self.worst = worst
        self.dearestCost = max(.zero, dearestCost)
        self.otherKind = otherKind == kind ? nil : otherKind
        self.place = place
        self.guest = guest
    }

    /// Whether it costs nothing, whatever it uses and whoever answers.
    var isFree: Bool { price.isFree && dearestCost == .zero }

    /// What it can come to at most, by `terms`, whoever answers.
    func worstCharge(by terms: TierTerms) -> Money {
        let dearest = Int128(dearestCost.nanodollars) * ModelPrice.millionths
        let own = Charge(worst, at: price, rate: terms.rate(of: kind)).total
        let kinds = [kind] + (otherKind.map { [$0] } ?? [])
        return kinds.reduce(own) { max($0, Charge(exact: dearest, rate: terms.rate(of: $1)).total) }
    }

    /// What stands for the whole content where it is remembered.
    var fingerprint: UInt64 { Fingerprint.of(self) }
}

/// Eight bytes of a hash, by which an id with other content is told from the same one again.
enum Fingerprint {
    static func of(_ values: any WireCodable...) -> UInt64 {
        var writer = WireWriter(capacity: 512)
        for value in values { value.encode(into: &writer) }
        return SHA256.digest(writer.array).leading
    }
}
