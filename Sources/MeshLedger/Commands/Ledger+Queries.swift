package import MeshActors
internal import MeshCore
package import MeshWire

extension Ledger {
    /// Asks how the account stands.
    package struct ShowBalance: Command, LedgerEmpty {
        package typealias Target = Ledger
        package typealias Reply = Balance
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 19

        /// The only one.
        package init() {}

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> Balance { Balance(state, state.core) }
    }

    /// Asks for the usage of a period; nil where nothing of it is known.
    package struct ShowUsage: Command {
        package typealias Target = Ledger
        package typealias Reply = PeriodUsage?
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 20
        /// Which; nil for the present one.
        package let period: BillingPeriod?

        /// Of `period`.
        package init(_ period: BillingPeriod? = nil) { self.period = period }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> PeriodUsage? {
            let wanted = period ?? BillingPeriod(of: turn.wallTime)
            return state.periods.first { $0.period == wanted }
        }

        package func encode(into writer: inout WireWriter) { period.encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) {
            period = try BillingPeriod?(from: &reader)
        }
    }

    /// Asks what Stripe should know of a month, all at one moment.
    package struct ShowTold: Command {
        package typealias Target = Ledger
        package typealias Reply = ToldUsage
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 26
        /// Which.
        package let period: BillingPeriod

        /// Of `period`.
        package init(_ period: BillingPeriod) { self.period = period }

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> ToldUsage {
            ToldUsage(
                customer: state.core.customer,
                told: state.periods.first { $0.period == period }?.told ?? 0,
                outbox: state.outbox.filter { BillingPeriod(of: $0.event.time) == period }
            )
        }

        package func encode(into writer: inout WireWriter) { period.encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) { period = try BillingPeriod(from: &reader) }
    }

    /// Asks whether the account's figures agree with each other; replies with what does not.
    package struct Verify: Command, LedgerEmpty {
        package typealias Target = Ledger
        package typealias Reply = [String]
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 21

        /// The only one.
        package init() {}

        package func decide(_ state: Ledger, _ turn: inout Turn<Ledger>) -> [String] {
            LedgerProof.faults(of: state).map(\.description)
        }
    }
}
