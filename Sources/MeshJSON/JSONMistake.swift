/// Something that is wrong with what a person has written, and where: in a file, or somewhere else.
package struct JSONMistake: Error, Hashable, CustomStringConvertible {
    /// Where: `node.json5:3:7`, or whatever else people look at.
    package let place: String
    /// What, in one sentence without a full stop.
    package let message: String
    /// Where in its file, for the order.
    package let position: JSONPosition?

    /// `message` about `place`.
    package init(place: String, message: String, position: JSONPosition? = nil) {
        self.place = place
        self.message = message
        self.position = position
    }

    package var description: String { "\(place): \(message)" }

    /// Whether it stands before `other` in a file.
    package func isBefore(_ other: JSONMistake) -> Bool {
        guard let position, let other = other.position else { return false }
        return (position.line, position.column) < (other.line, other.column)
    }
}
