extension String {
    /// The candidate this word is most likely a slip of the fingers for, if one is near; the first of equals.
    package func nearest(among candidates: [String]) -> String? {
        // Longer words are no typing mistakes, and the distance costs the product of the lengths.
        let longest = 64
        guard count <= longest else { return nil }
        let allowed = Swift.max(1, count / 3)
        let ranked = candidates.map { (word: $0, distance: distance(to: $0)) }
        if let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= allowed, best.distance < count {
            return best.word
        }
        // A cut-off word is near too, if it can mean one candidate only.
        let completions = candidates.filter { count >= 3 && $0.hasPrefix(self) }
        return completions.count == 1 ? completions.first : nil
    }

    /// How many letters were inserted, left out, replaced or swapped with their neighbour between two words
    /// (Damerau-Levenshtein distance, no letter edited twice).
    private func distance(to other: String) -> Int {
        let source = Array(self)
        let target = Array(other)
        var rows = [Array(0...target.count)]
        for (row, letter) in source.enumerated() {
            var next = [row + 1]
            for (column, wanted) in target.enumerated() {
                let replaced = rows[row][column] + (letter == wanted ? 0 : 1)
                var best = Swift.min(replaced, rows[row][column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, letter == target[column - 1], source[row - 1] == wanted {
                    best = Swift.min(best, rows[row - 1][column - 1] + 1)
                }
                next.append(best)
            }
            rows.append(next)
        }
        return rows[source.count][target.count]
    }
}
