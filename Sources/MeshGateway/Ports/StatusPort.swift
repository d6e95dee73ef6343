package import MeshAPI

/// The port to what any node says of itself.
///
/// Asked by many at a time, on the loop of the listener: return soon.
package protocol StatusPort: Sendable {
    /// What the node is.
    func version() -> VersionDocument

    /// How it stands.
    func status() async -> StatusDocument
}
