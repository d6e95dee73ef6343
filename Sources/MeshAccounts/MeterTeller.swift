package import MeshActors
internal import MeshCore
package import MeshLedger

/// Carries out what ledgers ask for: has `sink` told of usage, and tells the ledger what became of it.
package struct MeterTeller: EffectPerformer {
    /// Accounts ask for it.
    package typealias Target = Ledger

    private let sink: any MeterSink
    private let meters: MeterBook

    /// Tells `sink`, and has `meters` note what became of it.
    package init(_ sink: any MeterSink, noting meters: MeterBook) {
        self.sink = sink
        self.meters = meters
    }

    /// Tells of `event`.
    package func perform(_ event: MeterEvent, _ context: EffectContext) async throws -> Ledger.EndFlush {
        let outcome = try await tell(event, context)
        meters.ended(event, of: context.address.key, as: outcome)
        return Ledger.EndFlush(event.identifier, outcome)
    }

    private func tell(_ event: MeterEvent, _ context: EffectContext) async throws -> MeterOutcome {
        #if PLANTED_BUGS
        if PlantedBug.meterNamePerTry.isOn {
            let renamed = MeterEvent(event, attempt: context.attempt)
            return try await sink.tell(renamed, of: context.address.key)
        }
        #endif
        return try await sink.tell(event, of: context.address.key)
    }
}
