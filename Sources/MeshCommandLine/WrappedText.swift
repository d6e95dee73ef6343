extension String {
    /// Lines of `width` columns at most, broken at blanks; a longer word is broken where it must.
    package func wrapped(to width: Int?) -> [String] {
        guard let width, count > width else { return [self] }
        var lines: [String] = []
        var line = ""
        for var word in split(separator: " ").map(String.init) {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            while word.count > width {
                lines.append(String(word.prefix(width)))
                word = String(word.dropFirst(width))
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
