internal import MeshCore

/// Who is being computed for just now, so that whoever leaves can end the batch from another thread.
///
/// Sendable: all state is in the lock; the context outlives its batch, and is named here only while that is computed.
final class RunningBatch: Sendable {
    private struct State {
        var context: Int?
        var ids: Set<UniqueID> = []
    }

    private let state = Lock(State())
    private let library: LlamaLibrary

    init(_ library: LlamaLibrary) { self.library = library }

    func begin(_ context: LlamaContext, for ids: [UniqueID]) {
        state.withLock { $0 = State(context: Int(bitPattern: context.pointer), ids: Set(ids)) }
    }

    func end() {
        state.withLock { state in
            // An interrupt that came too late must not end the next batch.
            if let context = state.context.flatMap({ OpaquePointer(bitPattern: $0) }) {
                library.symbols.resume(context)
            }
            state = State()
        }
    }

    /// Ends the batch, if `id` is in it.
    func leave(_ id: UniqueID) {
        state.withLock { state in
            guard state.ids.contains(id), let context = state.context.flatMap({ OpaquePointer(bitPattern: $0) }) else {
                return
            }
            library.symbols.interrupt(context)
        }
    }
}
