package import MeshCore

/// Why nobody pays for a call: what a client is told of it beside the sentence.
package struct CreditRefusal: Hashable, Sendable {
    /// The word for programs.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        /// The account owes as much as it may, or would with this call.
        case ceiling = "credit_ceiling_exceeded"
        /// Somebody has stopped the account, or a payment has failed.
        case suspended = "account_suspended"
        /// What the host gives the guest is used up.
        case guestQuota = "guest_quota_exceeded"
    }

    /// Why.
    package var reason: Reason

    /// What the call may come to; nil where that does not matter.
    package var needed: Money?

    /// What there is for it; nil where that does not matter.
    package var available: Money?

    /// Where the account is topped up; nil where nobody has said.
    package var topUpURL: String?

    /// A refusal for `reason`.
    package init(_ reason: Reason, needed: Money? = nil, available: Money? = nil, topUpURL: String? = nil) {
        self.reason = reason
        self.needed = needed
        self.available = available
        self.topUpURL = topUpURL?.cut(toBytes: Limits.Chat.maximumURLBytes)
    }

    /// What it means for what the client does next; models that cost nothing go on all the same.
    package var action: String {
        switch reason {
        case .ceiling, .suspended: "suspend_cloud_access"
        case .guestQuota: "suspend_guest_access"
        }
    }

    /// All of it but the reason, by the keys of every shape in which it is told: what is needed is rounded up, what
    /// there is is rounded down.
    package var members: [(key: String, value: String?)] {
        [
            ("action", action), ("needed", needed?.costText), ("available", available?.balanceText),
            ("topup_url", topUpURL),
        ]
    }
}
