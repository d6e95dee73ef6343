/// Dates of birth: a date behind a cue, in numbers or with the month in words.
///
/// Other dates are nobody's.
enum DateRules {
    static func search(_ searched: SearchedText, _ findings: inout Findings) {
        for cue in searched.all(.birth) {
            let first = searched.word(from: cue.range.upperBound)
            // "am", "on the", "le"; then a number or a month.
            for index in first..<min(first + 5, searched.words.count) {
                let word = searched.words[index]
                guard word.start - cue.range.upperBound <= 40 else { break }
                if let range = date(searched, at: index) {
                    findings.add(.birthDate, range)
                    break
                }
            }
        }
    }

    /// A date whose first word is this one.
    static func date(_ searched: SearchedText, at index: Int) -> Range<Int>? {
        let words = searched.words
        guard words[index].hasDigits || searched.meanings[index].contains(.month) else { return nil }
        var months = 0
        var numbers: [(value: Int, length: Int)] = []
        var end = words[index].end
        for next in index..<min(index + 5, words.count) {
            let word = words[next]
            if next > index, word.start - end > 3 || (end..<word.start).contains(where: { searched.text[$0] == 0x0A }) {
                break
            }
            if searched.meanings[next].contains(.month) {
                months += 1
            } else if let number = number(searched.text, word) {
                numbers.append((number, min(word.count, 4)))
            } else if !isFiller(searched.text, word) {
                break
            }
            if numbers.count + months <= 3 { end = word.end }
            if numbers.count + months == 3 { break }
        }
        guard months <= 1, numbers.count + months == 3, numbers.allSatisfy({ $0.value > 0 }) else {
            return compact(searched, index)
        }
        let years = numbers.filter { $0.length == 4 }.count
        let small = numbers.filter { $0.value <= 31 && $0.length <= 2 }.count
        let isDate = years == 1 && (1_850...2_100).contains(numbers.first { $0.length == 4 }?.value ?? 0)
        guard isDate ? small == 2 - months : years == 0 && small >= 2 - months else { return nil }
        return words[index].start..<end
    }

    /// `19800312`, which is one word.
    private static func compact(_ searched: SearchedText, _ index: Int) -> Range<Int>? {
        let digits = searched.digits(searched.words[index].range)
        guard digits.count == 8, searched.words[index].count == 8 else { return nil }
        let year = digits[..<4].reduce(0) { $0 * 10 + $1 }
        let isDate = (1_850...2_100).contains(year) && digits[4] <= 1 && digits[6] <= 3
        return isDate ? searched.words[index].range : nil
    }

    /// The number that a word is, with or without "st" or "º" behind it.
    private static func number(_ text: ScannedText, _ word: Word) -> Int? {
        var value = 0
        var index = word.start
        while index < word.end, index - word.start < 5, text[index].isDigit {
            value = value * 10 + Int(text[index]) - 0x30
            index += 1
        }
        guard index > word.start, word.end - index <= 2 else { return nil }
        return index - word.start <= 4 ? value : nil
    }

    /// "de", "of": words inside dates.
    private static func isFiller(_ text: ScannedText, _ word: Word) -> Bool {
        word.count == 2 && (text.has("de", at: word.start) || text.has("of", at: word.start))
    }
}
