package import MeshCore

extension Limits {
    /// Bounds on what is measured.
    package enum Telemetry {
        /// Series of one metric, each with its own label values; what comes beyond counts as `other`.
        package static let maximumSeries = 256

        /// Labels of one metric; more are our own mistake and trap.
        package static let maximumLabels = 8

        /// Bytes of a label's value; a longer one is cut.
        package static let maximumLabelBytes = 128

        /// Buckets of one histogram beside the one for everything; more are our own mistake and trap.
        package static let maximumBuckets = 32
    }
}
