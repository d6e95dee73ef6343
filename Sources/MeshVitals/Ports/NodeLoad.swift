/// What a node itself has to do, which no file of the machine tells.
package struct NodeLoad: Hashable, Sendable {
    /// Requests that wait; nil where the node has no queue.
    package var queueDepth: UInt64?

    /// The models that are in memory.
    package var loadedModels: [String] = []

    /// The adapters that are in memory.
    package var loadedAdapters: [String] = []

    /// The project that the node works for now.
    package var project: String?

    /// The adapter that it works with now.
    package var adapter: String?

    /// Nothing to do.
    package init() {}
}
