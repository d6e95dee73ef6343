/// The name of a field, spelled once: a search for it finds every place.
///
/// This file holds the keys that any module may use; a module's own stand in its `LogKey+Module.swift`.
package struct LogKey: Hashable, Sendable {
    /// The word in log lines: lowercase words joined by underscores, the unit last.
    package let name: String

    /// The key called `name`.
    package init(_ name: String) { self.name = name }
}

extension LogKey {
    /// The node that writes.
    package static let node = LogKey("node")

    /// The tenant on whose behalf something is done.
    package static let tenant = LogKey("tenant")

    /// What ties together everything done for one request, across nodes.
    package static let trace = LogKey("trace")

    /// An error's `domain.code`.
    package static let error = LogKey("error")

    /// An error's sentence.
    package static let reason = LogKey("reason")

    /// How long something took.
    package static let elapsed = LogKey("elapsed")

    /// How many fields a record had too many.
    package static let fieldsLeftOut = LogKey("fields_left_out")
}
