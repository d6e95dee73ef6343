import MeshCommands
import MeshCore
import Testing

/// As much of a terminal as a line needs: it puts signs into cells, wraps where a row is full, and moves its cursor.
private struct TinyTerminal {
    let columns: Int
    private(set) var rows = [[String]()]
    private(set) var cursor = (row: 0, column: 0)

    init(columns: Int) { self.columns = columns }

    var text: [String] {
        rows.map { row in String(row.joined().reversed().drop { $0 == " " }.reversed()) }
    }

    mutating func write(_ text: String) {
        var rest = text[...]
        while let sign = rest.popFirst() {
            switch sign {
            case "\r\n":
                cursor = (cursor.row + 1, 0)
                grow()
            case "\r": cursor.column = 0
            case "\u{1B}": control(&rest)
            default: put(sign)
            }
        }
    }

    private mutating func control(_ rest: inout Substring) {
        _ = rest.popFirst()
        let digits = rest.prefix { $0.isNumber }
        rest = rest.dropFirst(digits.count)
        let count = Int(digits) ?? 1
        switch rest.popFirst() {
        case "A": cursor.row = max(0, cursor.row - count)
        case "C": cursor.column = min(columns - 1, cursor.column + count)
        case "J":
            rows[cursor.row] = Array(rows[cursor.row].prefix(cursor.column))
            rows.removeSubrange((cursor.row + 1)...)
        default: break
        }
    }

    private mutating func put(_ sign: Character) {
        let width = TextColumns.of(sign)
        if cursor.column + width > columns {
            cursor = (cursor.row + 1, 0)
            grow()
        }
        while rows[cursor.row].count < cursor.column + max(1, width) { rows[cursor.row].append(" ") }
        if width == 0 {
            rows[cursor.row][max(0, cursor.column - 1)].append(sign)
        } else {
            rows[cursor.row][cursor.column] = String(sign)
            if width == 2 { rows[cursor.row][cursor.column + 1] = "" }
            cursor.column += width
        }
    }

    private mutating func grow() { while rows.count <= cursor.row { rows.append([]) } }
}

@Suite struct `A line on a screen` {
    private static let size = LineDisplay.Size(columns: 12, rows: 100)

    @Test(arguments: [
        ("", "", ["> "], 0, 2), ("abc", "", ["> abc"], 0, 5), ("ab", "cd", ["> abcd"], 0, 4),
        ("0123456789", "", ["> 0123456789", ""], 1, 0), ("012345678", "9", ["> 0123456789"], 0, 11),
        ("0123456789", "ab", ["> 0123456789", "ab"], 1, 0), ("東京東京", "東", ["> 東京東京東"], 0, 10),
        ("x東京東京", "東京", ["> x東京東京", "東京"], 1, 0), ("a\nb", "c", ["> a", "bc"], 1, 1),
        ("👩‍👩‍👧e\u{301}", "", ["> 👩‍👩‍👧e\u{301}"], 0, 5), ("a\tb", "", ["> a b"], 0, 5),
    ])
    func `wraps where it ends, and has its cursor where the next sign will stand`(
        before: String,
        after: String,
        rows: [String],
        row: Int,
        column: Int
    ) {
        var display = LineDisplay(prompt: "> ")
        var terminal = TinyTerminal(columns: Self.size.columns)
        terminal.write(display.painting(before: before, after: after, on: Self.size))
        #expect(terminal.text == rows.map { $0 == "> " ? ">" : $0 })
        #expect(terminal.cursor == (row, column))
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `leaves nothing of what was painted before, whatever is typed`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var (editor, display) = (LineEditor(), LineDisplay(prompt: "> "))
        var terminal = TinyTerminal(columns: Self.size.columns)
        terminal.write("$ synesis\r\n")
        let keys: [Key] = [
            .text("a"), .text("東"), .text("🦉"), .text("ö"), .text(" "), .text("\n"), .left, .right, .wordLeft,
            .wordRight,
            .home, .end, .backspace, .delete, .eraseWord, .eraseToEnd, .putBack, .pasted("some words of text "), .up,
        ]
        for _ in 0..<400 {
            let key = keys[Int(generator.next(upperBound: UInt64(keys.count)))]
            _ = editor.take(key)
            terminal.write(display.painting(before: editor.before, after: editor.after, on: Self.size))
            // The same painted at once is the same.
            var fresh = LineDisplay(prompt: "> ")
            var other = TinyTerminal(columns: Self.size.columns)
            other.write("$ synesis\r\n" + fresh.painting(before: editor.before, after: editor.after, on: Self.size))
            #expect(terminal.text == other.text)
            #expect(terminal.cursor == other.cursor)
        }
    }

    @Test func `shows the part around its cursor where it is higher than the screen`() {
        let size = LineDisplay.Size(columns: 10, rows: 3)
        let lines = (0..<9).map { "row \($0)" }
        var display = LineDisplay(prompt: "> ")
        let all = lines.joined(separator: "\n")
        let atEnd = display.painting(before: all, after: "", on: size)
        #expect(atEnd.contains("row 6\r\nrow 7\r\nrow 8"))
        let atStart = display.painting(before: "", after: all, on: size)
        #expect(atStart.contains("> row 0\r\nrow 1\r\nrow 2"))
        let middle = display.painting(before: lines[..<5].joined(separator: "\n"), after: "\nrow 5\nrow 6", on: size)
        #expect(middle.contains("row 2\r\nrow 3\r\nrow 4") && !middle.contains("row 5"))
    }

    @Test(arguments: [
        ("a", 1), ("ä", 1), ("東", 2), ("한", 2), ("🦉", 2), ("❤\u{FE0F}", 2), ("👩‍👩‍👧", 2), ("\u{301}", 0), ("ｆ", 2),
    ])
    func `knows how wide signs are`(sign: Character, columns: Int) {
        #expect(TextColumns.of(sign) == columns)
    }
}
