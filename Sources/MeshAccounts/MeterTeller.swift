package import MeshActors
internal import MeshCore
package import MeshLedger

/// Carries out what ledgers ask for: has `sink` told of usage, and tells the ledger what became of it.
package struct MeterTeller: EffectPerformer {
    /// Accounts ask for it.
    package typealias Target = Ledger

    private let sink: any MeterSink

    /// Tells `sink`.
    package init(_ sink: any MeterSink) { self.sink = sink }

    /// Tells of `event`.
    package func perform(_ event: MeterEvent, _ context: EffectContext) async throws -> Ledger.EndFlush {
        #if PLANTED_BUGS
        if PlantedBug.meterNamePerTry.isOn {
            let renamed = MeterEvent(event, attempt: context.attempt)
            return Ledger.EndFlush(event.identifier, try await sink.tell(renamed, of: context.address.key))
        }
        #endif
        return Ledger.EndFlush(event.identifier, try await sink.tell(event, of: context.address.key))
    }
}
