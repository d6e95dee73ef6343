/// Cells of tables that people open: RFC 4180, and nothing that a program for tables would carry out.
package enum CommaSeparated {
    /// A cell that somebody else has named: in quotes where it needs them.
    ///
    /// Programs for tables carry out what begins as a formula does; with an apostrophe in front it is text to them.
    package static func cell(_ text: String) -> String {
        let isFormula = text.utf8.first.map { "=+-@\t\r\n".utf8.contains($0) } ?? false
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: ",") }
        guard isFormula || !isPlain else { return text }
        return "\"" + (isFormula ? "'" : "") + text.replacing("\"", with: "\"\"") + "\""
    }
}
