package import MeshAPI

/// The port to whoever looks a node and its machine over.
///
/// May take seconds; whoever asks waits for ``Limits/Gateway/doctorPatience`` at most and then cancels.
package protocol DoctorPort: Sendable {
    /// Looks at everything once.
    func examine() async -> DoctorDocument
}
