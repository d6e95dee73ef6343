package import MeshActors

/// Performs the transfers of a mesh in which nobody transfers anything.
package struct NoTransfers: EffectPerformer {
    /// The performer.
    package init() {}

    package func perform(
        _ effect: SampleAccount.OpenTransfer,
        _ context: EffectContext
    ) async throws -> SampleAccount.TransferDone {
        SampleAccount.TransferDone(position: context.position)
    }
}
