/// Rows of text under headings, in columns as wide as their widest cell.
package struct Table: Sendable {
    /// The edge of a column that its cells keep to.
    package enum Alignment: Hashable, Sendable {
        case left
        case right
    }

    /// A heading and the edge below it; numbers belong to the right.
    package struct Column: Hashable, Sendable {
        let heading: String
        let alignment: Alignment

        /// A column whose cells keep to the left unless told.
        package init(_ heading: String, _ alignment: Alignment = .left) {
            self.heading = heading
            self.alignment = alignment
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    /// A table without rows.
    package init(columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row of one cell per column.
    ///
    /// Cells may hold anything: control characters are spelled out.
    package mutating func append(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row of \(cells.count) cells in \(columns.count) columns")
        rows.append(cells.map(\.printable))
    }

    /// The headings and all rows, each line ended by a newline.
    package var text: String {
        let lines = [columns.map(\.heading)] + rows
        let widths = columns.indices.map { index in lines.map { $0[index].count }.max() ?? 0 }
        return lines.map { line(of: $0, widths: widths) + "\n" }.joined()
    }

    private func line(of cells: [String], widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: widths[index] - cell.count)
            line += (index == 0 ? "" : "  ") + (columns[index].alignment == .left ? cell + padding : padding + cell)
        }
        // A padded last cell would end the line in blanks.
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}
