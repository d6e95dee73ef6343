internal import MeshCore
internal import MeshLedger

/// What a hub has where nobody bills: usage stays in its accounts, and is told when somebody does.
struct UntoldUsage: MeterSink {
    let clock: any Clock

    /// Waits for another life of the hub.
    func tell(_ event: MeterEvent) async throws -> MeterOutcome {
        while true { try await clock.sleep(for: .seconds(3_600)) }
    }
}
