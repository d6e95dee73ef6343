internal import MeshActors
package import MeshChat
package import MeshCore
internal import MeshLedger

/// Whoever asks a hub for a call, before its accounts: the worst case is set aside before anybody is asked, and what
/// was used is charged, each in one command of one ledger.
///
/// It keeps nothing: what was decided stands in the account's journal, so that another life of the hub settles as this
/// one would. Callable from any task.
package final class AccountAdmission: AdmissionPort {
    private let office: LedgerOffice
    private let own: Set<String>
    private let topUpURL: String?
    private let clock: any Clock

    /// An admission before the accounts of `office`; `own` are engines of ours, and accounts are topped up at
    /// `topUpURL`.
    package init(_ office: LedgerOffice, own: Set<String>, topUpURL: String? = nil, clock: any Clock) {
        self.office = office
        self.own = own
        self.topUpURL = topUpURL
        self.clock = clock
    }

    /// Sets the worst case aside for as long as the call may last.
    package func reserve(_ ask: AdmissionAsk) async throws(ChatError) -> AdmissionHold {
        let kinds = ask.engines.map(kind)
        let kind = kinds.first ?? .cloud
        let circumstances = LedgerAdmission.Circumstances(kind: kind, otherKind: kinds.first { $0 != kind })
        let life = ask.deadline.map { max($0 - clock.now, .zero) + Limits.Accounts.settlingTime }
        let command = LedgerAdmission.reserve(
            ask,
            circumstances,
            terms: office.terms,
            life: life ?? Limits.Accounts.usualHold
        )
        do throws(CallFailure<LedgerRefusal>) {
            _ = try await decided(command, for: ask.tenant)
        } catch {
            throw self.error(error)
        }
        return AdmissionHold(id: ask.id, tenant: ask.tenant, price: ask.price)
    }

    /// Charges what was used.
    @discardableResult
    package func settle(_ hold: AdmissionHold, as outcome: AdmissionOutcome) async throws(ChatError) -> CallCharge? {
        let substituteKind = outcome.substitute.map { kind($0.engine) } ?? .cloud
        let command = LedgerAdmission.settle(hold, as: outcome, substituteKind: substituteKind)
        do throws(CallFailure<LedgerRefusal>) {
            return LedgerAdmission.charge(try await decided(command, for: hold.tenant))
        } catch {
            if case .refused(let refusal) = error, LedgerAdmission.isHarmless(refusal) { return nil }
            throw self.error(error)
        }
    }

    /// Gives all of it back; what was never set aside is given back too.
    package func void(_ hold: AdmissionHold) async throws(ChatError) {
        do throws(CallFailure<LedgerRefusal>) {
            _ = try await decided(LedgerAdmission.void(hold), for: hold.tenant)
        } catch {
            if case .refused(let refusal) = error, LedgerAdmission.isHarmless(refusal) || refusal == .unknownCall {
                return
            }
            throw self.error(error)
        }
    }

    /// A call to an engine of ours is local use, and to anybody else's cloud use.
    private func kind(_ engine: String) -> UseKind { own.contains(engine) ? .local : .cloud }

    /// What the tenant's account decides; where nobody knows whether it has, it is asked again under the same id.
    private func decided<C: Command>(
        _ command: C,
        for tenant: TenantID
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where C.Target == Ledger {
        let account = LedgerAdmission.account(of: tenant)
        var id: CommandID?
        var tries = 0
        while true {
            tries += 1
            do throws(CallFailure<C.Refusal>) { return try await office.ask(command, of: account, id: id) } catch {
                guard let open = error.openCommand, tries < Limits.Accounts.maximumTries, !Task.isCancelled else {
                    throw error
                }
                id = open
            }
            // Cancelled, it is asked once more at once, and then whoever asked is told.
            try? await clock.sleep(for: .milliseconds(50 << tries))
        }
    }

    private func error(_ failure: CallFailure<LedgerRefusal>) -> ChatError {
        switch failure {
        case .refused(let refusal): return LedgerAdmission.error(for: refusal, topUpURL: topUpURL)
        case .overloaded(let pause):
            return ChatError(.overloaded, "the account is asked too much", cause: ChatFailure(retryAfter: pause))
        case .failed(let error):
            var cause = ChatFailure(retryAfter: Limits.Accounts.retryAfter)
            cause.mayBeHeld = failure.openCommand != nil
            if error.code == .cancelled { return ChatError(.cancelled, "the client has left", cause: cause) }
            return ChatError(.unavailable, "the account cannot be asked: \(error.message)", cause: cause)
        }
    }
}
