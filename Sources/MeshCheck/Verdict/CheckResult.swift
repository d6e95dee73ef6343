/// What one checker has come to.
package struct CheckResult: Hashable, Sendable {
    /// Its word.
    package let name: String

    /// What it has looked at, for people: `1204 answers`.
    package let looked: String

    /// What it has seen broken; nil where all is well.
    package let problem: String?

    /// What `name` has come to.
    package init(_ name: String, looked: String, problem: String? = nil) {
        self.name = name
        self.looked = looked
        self.problem = problem
    }

    /// Whether all is well.
    package var hasPassed: Bool { problem == nil }
}
