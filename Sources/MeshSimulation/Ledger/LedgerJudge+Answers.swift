internal import MeshActors
internal import MeshCore
internal import MeshLedger
internal import MeshTestKit

extension LedgerJudge {
    /// What is wrong with an answer to the reservation of `call` by the terms `version`, asked for at `moment`.
    func check(
        _ answer: LedgerAnswer<HoldReceipt>,
        to call: LedgerCall,
        by version: String,
        since moment: Int
    ) -> String? {
        switch answer {
        case .open: return nil
        case .done(let receipt):
            guard let known = holds[call.id] else { return "call \(call.id.low) is said to be held, and is not" }
            return known == receipt ? nil : "call \(call.id.low) has another hold than it is told"
        case .refused(.conflict):
            let isOther = (oracle.calls[call.id]?.call).map { $0 != call } ?? false
            return isOther ? nil : "call \(call.id.low) is said to be another one, and is not"
        case .refused(.callEnded):
            let fate = oracle.calls[call.id]?.fate
            return fate == nil || fate == .held ? "call \(call.id.low) is said to have ended, and has not" : nil
        case .refused(.ceilingExceeded(let needed, let available)):
            return checkRefusal(of: call, needed, available, version, moment)
        case .refused(.suspended(let reason)):
            let isSo = moments[moment...].contains { $0.suspension == reason }
            return isSo ? nil : "it is said to be suspended, and was not"
        case .refused(.guestQuotaSpent(let needed, let available)):
            guard call.guest != nil else { return "a guest's quota is spent, and there is no guest" }
            return needed > available ? nil : "a guest is refused \(needed) of \(available)"
        case .refused(let other): return "call \(call.id.low) is refused as \(other)"
        }
    }

    private func checkRefusal(
        of call: LedgerCall,
        _ needed: Money,
        _ available: Money,
        _ version: String,
        _ moment: Int
    ) -> String? {
        guard let row = rows.first(where: { $0.version == version }) else { return "no policy has \(version)" }
        let isSo = moments[moment...].contains { moment in
            var account = oracle
            account.terms = row[moment.tier].terms
            let (worst, least) = (account.worst(of: call), ceilingless(moment) + account.terms.ceiling)
            // Holds that are due are given back in thought, and so is what the month brings.
            let most = least + moment.held + row[moment.tier].grant
            let said = Int128(available.nanodollars)
            let isShort = said <= 0 || worst > said
            return Int128(needed.nanodollars) == worst && (least...most).contains(said) && isShort
        }
        return isSo ? nil : "\(needed) is refused of \(available), and there never was so little"
    }

    private func ceilingless(_ moment: Moment) -> Int128 { moment.available - moment.ceiling }

    /// What is wrong with an answer to the settlement of the call `id`.
    func check(_ answer: LedgerAnswer<ChargeReceipt>, to used: SettledUsage, of id: UniqueID) -> String? {
        let call = oracle.calls[id]
        switch answer {
        case .open: return nil
        case .done(let receipt):
            guard let known = charges[id] else { return "call \(id.low) is said to be charged, and is not" }
            guard call?.used == used.usage, call?.substitute == used.substitute else {
                return "call \(id.low) is said to be charged for something else"
            }
            return known == receipt ? nil : "call \(id.low) has another charge than it is told"
        case .refused(.conflict):
            let isOther = call?.fate == .settled && (call?.used != used.usage || call?.substitute != used.substitute)
            return isOther ? nil : "call \(id.low) is said to have ended otherwise, and has not"
        case .refused(.callEnded):
            return voided.contains(id) ? nil : "call \(id.low) is said to be voided, and is not: its usage is lost"
        case .refused(let other): return "the settlement of call \(id.low) is refused as \(other): its usage is lost"
        }
    }

    /// What is wrong with an answer to the voiding of the call `id`.
    func checkVoid(_ answer: LedgerAnswer<Done>, of id: UniqueID) -> String? {
        switch answer {
        case .open: return nil
        case .done: return voided.contains(id) ? nil : "call \(id.low) is said to be voided, and is not"
        case .refused(.callEnded): return oracle.calls[id]?.fate == .settled ? nil : "call \(id.low) is not charged"
        case .refused(.unknownCall): return oracle.calls[id] == nil ? nil : "call \(id.low) is known"
        case .refused(let other): return "the voiding of call \(id.low) is refused as \(other)"
        }
    }

    /// What is wrong with an answer to the entry `id`.
    func check(_ answer: LedgerAnswer<EntryReceipt>, toEntry id: UniqueID) -> String? {
        switch answer {
        case .open: return nil
        case .done(let receipt): return made[id] == receipt ? nil : "entry \(id.low) was made otherwise than it is told"
        case .refused(.conflict): return (entries[id]?.count ?? 0) > 1 ? nil : "entry \(id.low) is no other one"
        case .refused(.insufficient), .refused(.badAmount), .refused(.unknownCall):
            return made[id] == nil ? nil : "entry \(id.low) is refused, and was made"
        case .refused(let other): return "entry \(id.low) is refused as \(other)"
        }
    }

    /// What is wrong with a balance that was shown to somebody who asked at `moment`.
    func check(_ balance: Balance, since moment: Int) -> String? {
        let isSo = moments[moment...].contains { moment in
            moment.postings == balance.postings && moment.held == Int128(balance.held.nanodollars)
                && moment.owed == Int128(balance.owed.nanodollars)
                && moment.available == Int128(balance.available.nanodollars)
                && moment.suspension == balance.suspension
        }
        return isSo ? nil : "it shows \(balance.available), owes \(balance.owed), and never stood so meanwhile"
    }
}
