package import MeshActors
internal import MeshCore
package import MeshWire

extension Ledger {
    /// Puts the account in a tier; replies how it then stands.
    ///
    /// Stripe is told of what was used so far before nobody bills it any more.
    package struct SetTier: Command {
        package typealias Target = Ledger
        package typealias Reply = Balance
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 9
        /// The tier.
        package let tier: LedgerTier
        /// What holds today, for all tiers.
        package let terms: LedgerTerms

        /// Puts the account in `tier`.
        package init(_ tier: LedgerTier, terms: LedgerTerms) {
            self.tier = tier
            self.terms = terms
        }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> Balance {
            var decision = LedgerDecision(state, now: turn.wallTime)
            if tier == .free { decision.flush(force: true, &turn) }
            decision.plan(terms, tier: tier, &turn)
            decision.look(&turn)
            return Balance(state, decision.core)
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            tier.encode(into: &writer)
            terms.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            tier = try LedgerTier(from: &reader)
            terms = try LedgerTerms(from: &reader)
            try reader.endRecord(tail)
        }
    }

    /// Forbids the account what costs money, for this reason beside others; that it is at its ceiling it knows itself.
    package struct Suspend: Command {
        package typealias Target = Ledger
        package typealias Reply = Done
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 10
        /// Why.
        package let reason: Suspension

        /// For `reason`.
        package init(_ reason: Suspension) { self.reason = reason }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> Done {
            if reason != .ceiling, !state.core.stops.has(reason) { turn.emit(.suspended(reason)) }
            return Done()
        }

        package func encode(into writer: inout WireWriter) { reason.encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) { reason = try Suspension(from: &reader) }
    }

    /// Ends a suspension for this reason, and for no other one; all invoices that are not paid are one reason.
    package struct Resume: Command {
        package typealias Target = Ledger
        package typealias Reply = Done
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 11
        /// Which.
        package let reason: Suspension

        /// Of one for `reason`.
        package init(_ reason: Suspension) { self.reason = reason }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> Done {
            let core = state.core
            // The ceiling is what it is: only money ends it.
            guard reason != .ceiling, core.stops.has(reason) else { return Done() }
            turn.emit(.reasonEnded(reason))
            // An account of a time that had room for one reason may not have kept this one.
            if !core.stops.isAtCeiling, core.spendable <= 0, core.books.owed > 0 { turn.emit(.suspended(.ceiling)) }
            return Done()
        }

        package func encode(into writer: inout WireWriter) { reason.encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) { reason = try Suspension(from: &reader) }
    }

    /// Keeps Stripe's name for the account, and answers which one is kept; later meter events carry it.
    ///
    /// The first is kept: two customers may have been made where answers were lost, and usage under two of them would
    /// be on no one invoice.
    package struct KeepCustomer: Command {
        package typealias Target = Ledger
        package typealias Reply = String
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 12
        /// The name.
        package let customer: String

        /// Stripe calls the account `customer`.
        package init(_ customer: String) { self.customer = customer.cut(toBytes: Limits.Ledger.maximumNameBytes) }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> String {
            if let kept = state.core.customer { return kept }
            turn.emit(.customerSet(customer))
            return customer
        }

        package func encode(into writer: inout WireWriter) { writer.write(customer) }

        package init(from reader: inout WireReader) throws(WireError) { self.init(try reader.readName()) }
    }

    /// Pays for no further call of an invite's guests, and forgets what they used; the postings have it.
    package struct EndGuest: Command {
        package typealias Target = Ledger
        package typealias Reply = Done
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 13
        /// The invite.
        package let invite: String

        /// Ends `invite`.
        package init(_ invite: String) { self.invite = invite.cut(toBytes: Limits.Ledger.maximumNameBytes) }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> Done {
            if state.guests[invite]?.isEnded == false { turn.emit(.guestEnded(invite)) }
            return Done()
        }

        package func encode(into writer: inout WireWriter) { writer.write(invite) }

        package init(from reader: inout WireReader) throws(WireError) { self.init(try reader.readName()) }
    }
}
