internal import MeshAPI
internal import MeshCommandLine
package import MeshJSON

/// All that was looked at, for people and for programs.
package struct DoctorReport: Hashable, Sendable {
    /// What was looked at, in the order in which people read it.
    package let checks: [DoctorCheck]

    /// These checks.
    package init(_ checks: [DoctorCheck]) { self.checks = checks }

    /// Whether a node runs so: nothing has failed.
    package var isWell: Bool { !checks.contains { $0.status == .failure } }

    /// `{"checks": [{name, status, detail, advice}, …]}`.
    package var json: JSONValue { ["checks": .array(checks.map(\.json))] }

    /// A line for each check with a mark, its advice below it, and a line that counts; wrapped at `width` columns.
    package func text(width: Int, isColoured: Bool = false) -> String {
        let indent = 2 + (checks.map(\.name.count).max() ?? 0) + 2
        var text = ""
        for check in checks {
            let mark = check.status.mark
            let name = check.name + String(repeating: " ", count: indent - 2 - check.name.count)
            let shown = isColoured ? "\(check.status.colour)\(mark)\u{1B}[0m" : mark
            let details = Self.wrapped(check.detail.printable, width - indent)
            text += "\(shown) \(name)\(details.joined(separator: "\n" + String(repeating: " ", count: indent)))\n"
            guard let advice = check.advice else { continue }
            for line in Self.wrapped("→ " + advice.printable, width - indent - 2) {
                text += String(repeating: " ", count: indent + 2) + line + "\n"
            }
        }
        return text + "\n" + summary + "\n"
    }

    /// `1 failure, 2 warnings, 14 well, 1 not looked at`.
    package var summary: String {
        let words: [(DoctorCheck.Status, String, String)] = [
            (.failure, "failure", "failures"), (.warning, "warning", "warnings"), (.ok, "well", "well"),
            (.skipped, "not looked at", "not looked at"),
        ]
        let counted = words.compactMap { status, one, several -> String? in
            let count = checks.count { $0.status == status }
            return count == 0 ? nil : "\(count) \(count == 1 ? one : several)"
        }
        return counted.isEmpty ? "nothing to look at" : counted.joined(separator: ", ")
    }

    /// The words of `text` in lines of at most `width`, where none of them is longer; never narrower than is readable.
    private static func wrapped(_ text: String, _ width: Int) -> [String] {
        let width = max(width, 30)
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines.count - 1
            if lines[last].isEmpty {
                lines[last] += word
            } else if lines[last].count + 1 + word.count <= width {
                lines[last] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

extension DoctorCheck.Status {
    /// The mark before a line.
    fileprivate var mark: String {
        switch self {
        case .ok: "✓"
        case .warning: "!"
        case .failure: "✗"
        case .skipped: "-"
        }
    }

    /// The escape that colours it.
    fileprivate var colour: String {
        switch self {
        case .ok: "\u{1B}[32m"
        case .warning: "\u{1B}[33m"
        case .failure: "\u{1B}[31m"
        case .skipped: "\u{1B}[2m"
        }
    }
}
