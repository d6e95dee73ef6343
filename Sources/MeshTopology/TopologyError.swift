package import MeshJSON

/// All that is wrong with a description, in the order in which it stands in the file.
package struct TopologyError: Error, CustomStringConvertible {
    /// What is wrong, at least one.
    package let mistakes: [JSONMistake]

    /// `mistakes`, sorted by their places.
    package init(_ mistakes: [JSONMistake]) {
        let placed = mistakes.filter { $0.position != nil }.sorted { $0.isBefore($1) }
        self.mistakes = placed + mistakes.filter { $0.position == nil }
    }

    package var description: String { mistakes.map(\.description).joined(separator: "; ") }
}
