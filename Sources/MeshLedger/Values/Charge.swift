package import MeshChat
package import MeshCore

/// What a call is charged: its cost, and what the one multiplier adds to it.
///
/// The multiplier is taken of the exact cost, and the product is rounded once, half to even, to the nano-dollar. The
/// fee is what that leaves beside the rounded cost, so that the two add up.
package struct Charge: Hashable, Sendable {
    /// What the provider takes of us; nothing where the asker has paid it.
    package let upstream: Money

    /// What the account pays.
    package let total: Money

    /// What we take.
    package var fee: Money { total - upstream }

    /// Of `exact` millionths of a nano-dollar, by `rate`.
    package init(exact: Int128, rate: ChargeRate) {
        #if PLANTED_BUGS
        let rounded = Int128(Money(rounding: exact, over: ModelPrice.millionths).nanodollars) * ModelPrice.millionths
        let exact = PlantedBug.roundTwice.isOn ? rounded : exact
        #endif
        switch rate.basis {
        case .whole:
            upstream = Money(rounding: exact, over: ModelPrice.millionths)
            total = Money(rounding: exact * Int128(rate.thousandths), over: 1_000 * ModelPrice.millionths)
        case .fee:
            upstream = .zero
            total = Money(rounding: exact * Int128(rate.thousandths - 1_000), over: 1_000 * ModelPrice.millionths)
        }
    }

    init(upstream: Money, total: Money) {
        self.upstream = upstream
        self.total = total
    }

    /// Of `usage` at `price`, by `rate`.
    package init(_ usage: ChatUsage, at price: ModelPrice, rate: ChargeRate) {
        self.init(exact: price.exactCost(of: usage), rate: rate)
    }
}
