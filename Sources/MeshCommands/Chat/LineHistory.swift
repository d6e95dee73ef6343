internal import MeshCore

/// Lines that were typed before, the oldest first.
package struct LineHistory: Hashable, Sendable {
    /// The lines.
    package private(set) var lines: [String] = []

    /// None.
    package init() {}

    /// Those of a file; a line in which something is broken is passed over.
    package init(file: [UInt8]) {
        for line in file.split(separator: UInt8(ascii: "\n")) {
            if let text = Self.read(line) { add(text) }
        }
    }

    /// Remembers a line; false where it is blank, too long, or the same as the last.
    @discardableResult
    package mutating func add(_ line: String) -> Bool {
        guard line.contains(where: { !$0.isWhitespace }), line != lines.last,
            line.utf8.count <= Limits.Commands.maximumHistoryLineBytes
        else { return false }
        lines.append(line)
        if lines.count > Limits.Commands.maximumHistoryLines { lines.removeFirst() }
        return true
    }

    /// All of it as a file.
    package var file: [UInt8] { lines.flatMap { Self.written($0) } }

    /// One line as it stands in a file.
    package static func written(_ line: String) -> [UInt8] {
        Array((line.replacing("\\", with: "\\\\").replacing("\n", with: "\\n") + "\n").utf8)
    }

    private static func read(_ line: ArraySlice<UInt8>) -> String? {
        guard let text = String(validating: line, as: UTF8.self) else { return nil }
        var result = ""
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                guard scalar == "n" || scalar == "\\" else { return nil }
                result.unicodeScalars.append(scalar == "n" ? "\n" : "\\")
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                guard scalar == "\t" || scalar.properties.generalCategory != .control else { return nil }
                result.unicodeScalars.append(scalar)
            }
        }
        return isEscaped ? nil : result
    }
}
