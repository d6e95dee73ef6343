/// A port that does not keep its contract: which sentence of it, and what was seen.
package struct ConformanceFailure: Error, CustomStringConvertible {
    /// One sentence.
    package let description: String

    /// The failure that `description` tells of.
    package init(_ description: String) { self.description = description }
}

/// Fails with `complaint` unless `condition` holds.
func require(_ condition: Bool, _ complaint: @autoclosure () -> String) throws(ConformanceFailure) {
    guard condition else { throw ConformanceFailure(complaint()) }
}
