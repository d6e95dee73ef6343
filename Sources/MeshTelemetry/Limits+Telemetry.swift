package import MeshCore

extension Limits {
    /// Bounds on what is measured.
    package enum Telemetry {}
}
