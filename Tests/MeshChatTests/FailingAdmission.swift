import MeshChat
import MeshCore
import MeshTestKit

/// A test double: a ledger that fails so many times to settle, whatever it is or one call alone.
final class FailingAdmission: AdmissionPort {
    private let base: VolatileAdmission
    private let left: Lock<Int>
    private let call: UniqueID?
    private let code: ChatErrorCode

    init(_ base: VolatileAdmission, failures: Int, of call: UniqueID? = nil, _ code: ChatErrorCode = .unavailable) {
        self.base = base
        self.code = code
        self.call = call
        left = Lock(failures)
    }

    func reserve(_ ask: AdmissionAsk) async throws(ChatError) -> AdmissionHold { try await base.reserve(ask) }

    func settle(_ hold: AdmissionHold, as outcome: AdmissionOutcome) async throws(ChatError) -> CallCharge? {
        try fail(hold)
        return try await base.settle(hold, as: outcome)
    }

    func void(_ hold: AdmissionHold) async throws(ChatError) {
        try fail(hold)
        try await base.void(hold)
    }

    private func fail(_ hold: AdmissionHold) throws(ChatError) {
        guard call == nil || call == hold.id else { return }
        let fails = left.withLock { left in
            left -= 1
            return left >= 0
        }
        if fails { throw ChatError(code, "the ledger does not") }
    }
}
