package import MeshActors
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
        Ledger.EndFlush(event.identifier, try await sink.tell(event, of: context.address.key))
    }
}
