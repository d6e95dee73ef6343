internal import MeshCommandLine

/// A text and its colour: a place in a table.
package struct Cell: Hashable, Sendable {
    /// The text, on one line.
    package let text: String
    /// Its colour.
    package let paint: Paint

    /// `text`, in the terminal's own colour unless told; what would move the cursor is spelled out.
    package init(_ text: String, _ paint: Paint = .plain) {
        self.text = text.printable
        self.paint = paint
    }
}
