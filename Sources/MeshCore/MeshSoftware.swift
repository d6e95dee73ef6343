/// The software as a whole: its programs have one version.
package enum MeshSoftware {
    /// The version, as `--version` says it.
    package static let version = "0.1.0"
}
