internal import MeshCore

/// What a node calls itself.
package enum NodeSoftware {
    /// The version, as `--version` says it.
    package static let version = MeshSoftware.version

    /// Name and version, as hellos and logs have them.
    package static let name = "meshnode/\(version)"
}
