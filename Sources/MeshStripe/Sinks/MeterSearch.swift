internal import MeshCore

/// Whether an event is among what Stripe sums up: asked before one is sent whose identifier Stripe may have forgotten.
package enum MeterSearch {
    /// What was found.
    package enum Verdict: Hashable, Sendable {
        /// It was never told.
        case absent
        /// It was.
        case present
        /// The sum is of other events too, of which nobody here knows.
        case unclear
    }

    /// Whether an event of `value` is in a minute in which Stripe has `sum`, and of which `others` have been told by us
    /// for certain.
    ///
    /// Stripe sums up by minutes and names no events. Where nothing else is known of the minute, nothing is ours but
    /// the very value; what a larger sum is of, the whole month may tell.
    package static func verdict(value: Int64, sum: Int128, others: [Int64]) -> Verdict {
        let known = others.reduce(Int128(0)) { $0 + Int128($1) }
        // Were it there, the sum would be no less. A sum that is just of the others says nothing: Stripe's lag behind.
        if sum < Int128(value) { return .absent }
        return sum == known + Int128(value) ? .present : .unclear
    }
}

extension MeterSearch {
    /// Whether an event of `value` has arrived in a month in which Stripe has `sum` and the account has told, or is to
    /// tell, `flushed`, asked in this order.
    ///
    /// All that is missing comes to no more than the difference, for Stripe may lag behind and the account be ahead:
    /// what is worth more is not among it. Where Stripe has more than the account has told, somebody else has told the
    /// rest, and it may hide that ours is missing. Nothing else is certain, and people look.
    package static func verdict(value: Int64, sum: Int128, flushed: Int128) -> Verdict {
        (0..<Int128(max(value, 0))).contains(flushed - sum) ? .present : .unclear
    }
}

/// What this process has told Stripe for certain, by customer and minute; bounded, the oldest minute is forgotten.
package struct ToldMinutes: Sendable {
    /// A customer and a minute, counted from 1970.
    package struct Key: Hashable, Sendable {
        /// Stripe's name for it.
        package let customer: String
        /// Which.
        package let minute: Int64

        /// `minute` of `customer`.
        package init(customer: String, minute: Int64) {
            self.customer = customer
            self.minute = minute
        }
    }

    private var values: [Key: [Int64]] = [:]
    private var order: [Key] = []
    private let capacity: Int

    /// Of so many minutes.
    package init(capacity: Int = Limits.Stripe.rememberedMinutes) { self.capacity = capacity }

    /// What was told in the minute of `key`.
    package subscript(key: Key) -> [Int64] { values[key] ?? [] }

    /// `value` was told in the minute of `key`.
    package mutating func note(_ value: Int64, _ key: Key) {
        if values[key] == nil {
            if order.count == capacity { values[order.removeFirst()] = nil }
            order.append(key)
        }
        values[key, default: []].append(value)
    }
}
