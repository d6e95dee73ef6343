/// A table that fits its screen: columns that matter less give way, then texts are cut.
///
/// Where nobody looks (a pipe, a file) nothing gives way.
package struct ScreenTable: Sendable {
    /// A column.
    package struct Column: Hashable, Sendable {
        /// What stands above it.
        package let heading: String
        /// Whether its cells keep to the right, as numbers do.
        package let isRight: Bool
        /// When it gives way: higher numbers first; nil for never.
        package let rank: Int?
        /// The width down to which its texts may be cut; nil where they are not.
        package let least: Int?

        /// A column that stays, and whose cells keep to the left.
        package init(_ heading: String, isRight: Bool = false, rank: Int? = nil, least: Int? = nil) {
            self.heading = heading
            self.isRight = isRight
            self.rank = rank
            self.least = least
        }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    /// A table without rows.
    package init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row of one cell for each column.
    package mutating func append(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "a row of \(cells.count) cells in \(columns.count) columns")
        rows.append(cells)
    }

    /// What a screen of `width` columns, or one without end, shows of it.
    package func layout(width: Int?) -> Layout {
        var widths = columns.indices.map { index in
            max(columns[index].heading.count, rows.map { $0[index].text.count }.max() ?? 0)
        }
        var shown = Array(columns.indices)
        guard let width else { return Layout(table: self, shown: shown, widths: widths) }
        func total() -> Int { shown.map { widths[$0] }.reduce(0, +) + 2 * max(0, shown.count - 1) }
        /// Takes what is too much from the columns that allow it, the last first.
        func cut() {
            for index in shown.reversed() {
                guard let least = columns[index].least, total() > width else { continue }
                widths[index] = max(min(widths[index], least), widths[index] - (total() - width))
            }
        }
        let natural = widths
        while true {
            widths = natural
            cut()
            guard total() > width else { break }
            let next = shown.filter { columns[$0].rank != nil }.max { rank($0) < rank($1) }
            guard let next else { break }
            shown.removeAll { $0 == next }
        }
        return Layout(table: self, shown: shown, widths: widths)
    }

    private func rank(_ index: Int) -> Int { columns[index].rank ?? 0 }

    /// A table as a screen shows it.
    package struct Layout: Sendable {
        private let table: ScreenTable
        private let shown: [Int]
        private let widths: [Int]

        fileprivate init(table: ScreenTable, shown: [Int], widths: [Int]) {
            self.table = table
            self.shown = shown
            self.widths = widths
        }

        /// The headings of columns that have given way.
        package var hidden: [String] {
            table.columns.indices.filter { !shown.contains($0) }.map { table.columns[$0].heading.lowercased() }
        }

        /// Its lines, the headings first.
        package func lines(inColour isColoured: Bool) -> [String] {
            let headings = table.columns.map { Cell($0.heading, .dim) }
            return ([headings] + table.rows).map { line(of: $0, isColoured) }
        }

        private func line(of cells: [Cell], _ isColoured: Bool) -> String {
            var line = ""
            // Empty cells at the end would leave blanks.
            let last = shown.lastIndex { !cells[$0].text.isEmpty } ?? 0
            for (place, index) in shown[...last].enumerated() {
                let cell = cells[index]
                let text = cell.text.cut(toColumns: widths[index])
                let padding = String(repeating: " ", count: widths[index] - text.count)
                let painted = cell.paint.on(text, isColoured)
                if place > 0 { line += "  " }
                let isLast = place == last
                line += table.columns[index].isRight ? padding + painted : painted + (isLast ? "" : padding)
            }
            return line
        }
    }
}

extension String {
    /// The text, or the beginning of it and an ellipsis where it has more than `width` characters.
    package func cut(toColumns width: Int) -> String {
        guard count > width else { return self }
        return width < 1 ? "" : prefix(width - 1) + "…"
    }
}
