internal import MeshCore

extension Limits.Link {
    /// Links that are looked at in one turn of the loop to sum them up; the others wait for later turns.
    package static let summarisedAtOnce = 128
}
