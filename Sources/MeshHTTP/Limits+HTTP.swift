package import MeshCore

extension Limits {
    /// Bounds on HTTP, on both sides.
    package enum HTTP {
        /// Bytes of what a client calls its request; a longer name is replaced by one of ours.
        package static let maximumRequestIDBytes = 128

        /// Parameters of one query; those behind them are left out.
        package static let maximumParameters = 256
    }
}
