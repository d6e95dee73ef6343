/// What is written of descriptions for people, made from the table.
package enum TopologyDocument {
    /// Every field, in Markdown; `topology/README.md` holds it.
    package static var reference: String {
        var text = ""
        for section in TopologyField.Section.allCases {
            text += "### \(section.rawValue)\n\n| field | takes | unless said | meaning |\n|---|---|---|---|\n"
            for field in TopologyField.all(of: section) {
                let cells = ["`\(field.name)`", field.form, field.standard, field.summary]
                text += "| \(cells.map { $0.isEmpty ? "–" : $0 }.joined(separator: " | ")) |\n"
            }
            text += "\n"
        }
        return text
    }
}
