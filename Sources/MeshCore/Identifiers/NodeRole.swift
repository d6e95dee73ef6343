/// What a node does in the mesh; the raw value is its word in certificates, commands and files.
package enum NodeRole: String, CaseIterable, Hashable, Sendable {
    /// Asks: runs beside applications and keeps a tunnel to hubs.
    case edge
    /// Answers: runs the actors that edges share.
    case hub
}
