internal import MeshCore

extension Limits.Hub {
    /// How often the store is looked at for something to say in the log; a failure that is over sooner is not said.
    package static let storeLookInterval = Duration.seconds(1)
}
