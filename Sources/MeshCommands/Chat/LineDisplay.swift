/// Paints a line that is being typed over what it painted before, wrapped where the screen ends.
package struct LineDisplay: Sendable {
    /// The screen.
    package struct Size: Hashable, Sendable {
        /// Its columns.
        package let columns: Int
        /// Its rows.
        package let rows: Int

        /// A screen of so many columns and rows.
        package init(columns: Int, rows: Int) {
            self.columns = max(4, columns)
            self.rows = max(2, rows)
        }
    }

    private let prompt: String
    private let promptColumns: Int
    private let paint: Paint
    private let isColoured: Bool
    /// In which row of what was painted the cursor stands.
    private var cursorRow = 0

    /// A display behind `prompt`.
    package init(prompt: String, _ paint: Paint = .plain, isColoured: Bool = false) {
        self.prompt = prompt
        self.paint = paint
        self.isColoured = isColoured
        promptColumns = TextColumns.of(prompt)
    }

    /// What to write for the line, so that it takes the place of what was painted before.
    package mutating func painting(before: String, after: String, on size: Size) -> String {
        let layout = Layout(before, after, promptColumns: promptColumns, columns: size.columns)
        // Of what is higher than the screen, the part around the cursor.
        let first = max(0, min(layout.cursor.row - size.rows + 1, layout.rows.count - size.rows))
        let rows = layout.rows[first..<min(layout.rows.count, first + size.rows)]
        var text = toStart + (first == 0 ? paint.on(prompt, isColoured) : "") + rows.joined(separator: "\r\n")
        cursorRow = layout.cursor.row - first
        let below = rows.count - 1 - cursorRow
        text += below > 0 ? "\u{1B}[\(below)A\r" : "\r"
        if layout.cursor.column > 0 { text += "\u{1B}[\(layout.cursor.column)C" }
        return text
    }

    /// What to write when the line is over: it stays as it is, and what follows begins below it.
    package mutating func leaving(_ text: String, on size: Size) -> String {
        let painted = painting(before: text, after: "", on: size)
        cursorRow = 0
        return painted + "\r\n"
    }

    /// What to write when the screen was cleared, or somebody else has written: the next painting begins where the
    /// cursor stands.
    package mutating func begin() { cursorRow = 0 }

    private var toStart: String { (cursorRow > 0 ? "\u{1B}[\(cursorRow)A" : "") + "\r\u{1B}[J" }

    /// The rows of a line, and where its cursor stands.
    private struct Layout {
        private(set) var rows = [""]
        private(set) var cursor = (row: 0, column: 0)
        private var column: Int
        private let columns: Int

        init(_ before: String, _ after: String, promptColumns: Int, columns: Int) {
            column = promptColumns
            self.columns = columns
            for character in before { append(character) }
            // Where the next sign will stand, which may be too wide for what is left of the row.
            wrap(for: max(1, after.first.map { $0 == "\n" ? 1 : TextColumns.of($0) } ?? 1))
            cursor = (rows.count - 1, column)
            for character in after { append(character) }
        }

        private mutating func append(_ character: Character) {
            if character == "\n" { return newRow() }
            let isTab = character == "\t"
            let width = isTab ? 1 : TextColumns.of(character)
            wrap(for: width)
            rows[rows.count - 1].append(isTab ? " " : character)
            column += width
        }

        private mutating func wrap(for width: Int) { if column + width > columns { newRow() } }

        private mutating func newRow() {
            rows.append("")
            column = 0
        }
    }
}
