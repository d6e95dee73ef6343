internal import MeshActors
internal import MeshCore
package import MeshLedger
package import MeshStripe

/// Holds what accounts say Stripe was told of against what Stripe says it was told.
///
/// Stripe's sums lag behind what it took by up to some minutes: what was told just now may seem to be missing.
package struct StripeReconciliation: Sendable {
    private let client: StripeClient
    private let meterID: String

    /// Asks the meter of that id.
    package init(client: StripeClient, meterID: String) {
        self.client = client
        self.meterID = meterID
    }

    /// What both say of one account and one period, in millionths of a dollar.
    package struct Finding: Hashable, Sendable {
        /// What the account says.
        package let statement: LedgerStatement
        /// What Stripe has.
        package let told: Int128

        /// What Stripe lacks; below nothing what it has too much.
        package var difference: Int128 { statement.flushed - told }
        /// Whether both agree, or will as soon as what is on its way is delivered.
        package var agrees: Bool { difference >= 0 && difference <= statement.waiting }
    }

    /// What has become of asking for one account.
    package enum Answer: Sendable {
        /// Stripe has answered.
        case found(Finding)
        /// It has not, for this reason.
        case unasked(LedgerStatement, StripeError)
    }

    /// What both say of `account` in `period`, while its hub runs.
    package func look(
        at account: String,
        of office: LedgerOffice,
        in period: BillingPeriod
    ) async throws -> Finding {
        let usage = try await office.ask(Ledger.ShowTold(period), of: account)
        let statement = LedgerStatement(
            account: account,
            customer: usage.customer,
            period: period,
            flushed: usage.told / 1_000,
            outbox: usage.outbox
        )
        return try await look(at: statement)
    }

    /// What Stripe says to `statement`; where it has no customer, Stripe was told nothing and is not asked.
    package func look(at statement: LedgerStatement) async throws(StripeError) -> Finding {
        guard let customer = statement.customer else { return Finding(statement: statement, told: 0) }
        let period = statement.period
        let told = try await client.sum(ofMeter: meterID, customer: customer, from: period.start, to: period.end)
        return Finding(statement: statement, told: told)
    }

    /// What Stripe says to each of `statements`.
    ///
    /// Where it does not answer at all, or does not take the key, the others are not asked: each would wait in vain.
    package func look(at statements: [LedgerStatement]) async -> [Answer] {
        var answers: [Answer] = []
        var end: StripeError?
        for statement in statements {
            if let end {
                answers.append(.unasked(statement, end))
                continue
            }
            do throws(StripeError) {
                answers.append(.found(try await look(at: statement)))
            } catch {
                answers.append(.unasked(statement, error))
                if error.code == .unreachable || error.code == .badKey { end = error }
            }
        }
        return answers
    }
}
