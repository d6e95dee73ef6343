extension Limits {
    /// Bounds on the labels of nodes.
    package enum Label {
        /// A longer name is refused.
        package static let maximumNameBytes = 32

        /// A longer value is refused.
        package static let maximumValueBytes = 63

        /// A node with more is refused: by the configuration, and by a hub its hello.
        package static let maximumPerNode = 16
    }
}
