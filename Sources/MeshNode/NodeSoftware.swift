/// What a node calls itself.
package enum NodeSoftware {
    /// The version, as `--version` says it.
    package static let version = "0.1.0"

    /// Name and version, as hellos and logs have them.
    package static let name = "meshnode/\(version)"
}
