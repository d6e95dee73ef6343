package import MeshAPI
package import MeshCore

/// The port to the edges that a hub knows.
///
/// Asked by many at a time, on the loop of the listener: return soon. Nothing that it says is kept: the next answer may
/// be another.
package protocol NodeDirectory: Sendable {
    /// A page of the edges that `query` asks for; nil while the hub starts.
    func nodes(_ query: NodeQuery) async -> NodesDocument?

    /// Everything about `node`; nil where the hub has not seen it, or does not remember it.
    func node(_ node: NodeID) async -> NodeDocument?
}
