internal import MeshCore
internal import MeshLedger

/// What a hub has where nobody bills: usage stays in its accounts.
struct UntoldUsage: MeterSink {
    let clock: any Clock

    /// Nobody is told; the account asks again.
    func tell(_ event: MeterEvent) async throws -> MeterOutcome {
        try await clock.sleep(for: .seconds(3_600))
        throw LedgerError(.malformedPolicy, "nobody bills here")
    }
}
