/// The personal numbers of each country that is known, by their length, their marks and their check digits.
///
/// A number that many others look like counts only behind a cue.
enum NationalNumbers {
    typealias Candidate = NationalIDRules.Candidate

    static func isNumber(_ candidate: Candidate, _ length: Int) -> Bool {
        let values = Array(candidate.values[..<length])
        let letters = values.indices.filter { values[$0] > 9 }
        let isSpaced = candidate.marks(in: length).allSatisfy { $0 == 0x20 }
        switch length {
        case 8: return letters == [7] && isIrish(values) && candidate.isCued
        case 9: return isOfNine(candidate, values, letters, isSpaced)
        case 10: return isOfTen(candidate, values, letters)
        case 11: return isOfEleven(candidate, values, letters)
        case 12: return isOfTwelve(candidate, values, letters)
        case 13: return letters.isEmpty && values.starts(with: [7, 5, 6]) && isSwiss(values)
        case 15: return isSpaced && isFrench(values)
        case 16: return letters.count >= 9 && isSpaced && isItalian(values)
        default: return false
        }
    }

    // MARK: Nine

    private static func isOfNine(
        _ candidate: Candidate,
        _ values: [Int],
        _ letters: [Int],
        _ isSpaced: Bool
    ) -> Bool {
        switch letters {
        case []:
            if candidate.isGrouped([3, 5], in: 9), isAmerican(values, strictly: !candidate.isCued) { return true }
            let hasThirds = candidate.isGrouped([3, 6], in: 9) && candidate.marks[3] == UInt8(ascii: "-")
            return candidate.isCued
                && (isAmerican(values, strictly: false) || isDutch(values) || isPortuguese(values)
                    || CheckDigits.luhn(values))
                || hasThirds && CheckDigits.luhn(values)
        case [8]: return !candidate.marks(in: 9).contains(0x20) && isSpanish(values)
        case [0, 8]:
            return isSpaced || candidate.marks(in: 9).allSatisfy { $0 == UInt8(ascii: "-") }
                ? (33...35).contains(values[0]) && isSpanish([values[0] - 33] + values[1...]) : false
        case [0, 1, 8]: return isSpaced && isBritish(values)
        default: return false
        }
    }

    /// SSN and ITIN: no area 000 or 666, no group 00, no serial 0000; an ITIN has an area from 900 on.
    private static func isAmerican(_ values: [Int], strictly: Bool) -> Bool {
        let area = values[0] * 100 + values[1] * 10 + values[2]
        let group = values[3] * 10 + values[4]
        let serial = values[5...].reduce(0, +)
        return area != 0 && area != 666 && group != 0 && serial != 0 && (area < 900 || group >= 50 || !strictly)
    }

    /// BSN: the sum of digits from nine times the first to minus once the last is a multiple of 11.
    private static func isDutch(_ values: [Int]) -> Bool {
        CheckDigits.weighted(values, [9, 8, 7, 6, 5, 4, 3, 2, -1]).isMultiple(of: 11)
    }

    private static func isPortuguese(_ values: [Int]) -> Bool {
        let remainder = CheckDigits.weighted(values, [9, 8, 7, 6, 5, 4, 3, 2]) % 11
        return values[8] == (remainder < 2 ? 0 : 11 - remainder)
    }

    /// DNI and NIE: the letter is the number modulo 23.
    private static func isSpanish(_ values: [Int]) -> Bool {
        let number = values[..<8].reduce(0) { $0 * 10 + $1 }
        return letter(values[8]) == Array("TRWAGMYFPDXBNJZSQVHLCKE".utf8)[number % 23]
    }

    /// National Insurance: prefixes that are not given out are refused, but for the temporary ones.
    private static func isBritish(_ values: [Int]) -> Bool {
        let (first, second, last) = (letter(values[0]), letter(values[1]), letter(values[8]))
        if first == UInt8(ascii: "Z"), second == UInt8(ascii: "Z") { return true }
        let never = Array("DFIQUV".utf8)
        let pair = [first, second]
        return !never.contains(first) && !never.contains(second) && second != UInt8(ascii: "O")
            && !["BG", "GB", "KN", "NK", "NT", "TN"].contains { $0.utf8.elementsEqual(pair) }
            && (last <= UInt8(ascii: "D") || last == UInt8(ascii: "T"))
    }

    /// PPS: the letter is a weighted sum modulo 23.
    private static func isIrish(_ values: [Int]) -> Bool {
        let sum = CheckDigits.weighted(values, [8, 7, 6, 5, 4, 3, 2]) % 23
        return letter(values[7]) == Array("WABCDEFGHIJKLMNOPQRSTUV".utf8)[sum]
    }

    // MARK: Ten to thirteen

    private static func isOfTen(_ candidate: Candidate, _ values: [Int], _ letters: [Int]) -> Bool {
        if letters == [0, 1, 2, 3, 4, 9] { return candidate.isCued || candidate.marks(in: 10).isEmpty }  // India's PAN
        guard letters.isEmpty || letters == [9] else { return false }
        let isMarked =
            candidate.isGrouped([6], in: 10)
            && (candidate.marks[6] == UInt8(ascii: "-") || candidate.marks[6] == UInt8(ascii: "+"))
        if letters.isEmpty {
            let isSwedish = CheckDigits.luhn(values) && isDateOrCoordination(candidate, year: 0)
            let isHealth = isNHS(values) && candidate.isCued
            let isDanish = candidate.isDate(day: 0, month: 2) && candidate.isCued
            return isSwedish && (isMarked || candidate.isCued) || isHealth || isDanish
                || isMarked && candidate.isDate(day: 0, month: 2) && isFinnish(values)
        }
        return isMarked && candidate.isDate(day: 0, month: 2) && isFinnish(values)
    }

    private static func isDateOrCoordination(_ candidate: Candidate, year: Int) -> Bool {
        let values = candidate.values
        let month = values[year + 2] * 10 + values[year + 3]
        let day = values[year + 4] * 10 + values[year + 5]
        return (1...12).contains(month) && ((1...31).contains(day) || (61...91).contains(day))
    }

    private static func isNHS(_ values: [Int]) -> Bool {
        (11 - CheckDigits.weighted(values, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 == values[9]
    }

    private static func isFinnish(_ values: [Int]) -> Bool {
        let number = values[..<9].reduce(0) { $0 * 10 + $1 }
        let check = Array("0123456789ABCDEFHJKLMNPRSTUVWXY".utf8)[number % 31]
        return check.isDigit ? values[9] == Int(check) - 0x30 : letter(values[9]) == check
    }

    private static func isOfEleven(_ candidate: Candidate, _ values: [Int], _ letters: [Int]) -> Bool {
        guard letters.isEmpty else { return false }
        let isDotted = candidate.isGrouped([3, 6, 9], in: 11)
        return isGerman(values) || isPolish(candidate, values) || isBrazilian(values) && (isDotted || candidate.isCued)
            || isBelgian(candidate, values) || isNorwegian(candidate, values)
    }

    /// Tax number: ISO 7064, and among the first ten digits one comes two or three times and the others once.
    private static func isGerman(_ values: [Int]) -> Bool {
        guard values[0] != 0, CheckDigits.mod11And10(values) else { return false }
        var counts = [Int](repeating: 0, count: 10)
        for digit in values[..<10] { counts[digit] += 1 }
        let repeated = counts.filter { $0 > 1 }
        return repeated == [2] || repeated == [3]
    }

    /// PESEL: a date whose month also says the century, and a weighted sum.
    private static func isPolish(_ candidate: Candidate, _ values: [Int]) -> Bool {
        let (month, day) = ((values[2] * 10 + values[3]) % 20, values[4] * 10 + values[5])
        let sum = CheckDigits.weighted(values, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1])
        return candidate.marks(in: 11).isEmpty && (1...12).contains(month) && (1...31).contains(day)
            && sum.isMultiple(of: 10)
    }

    private static func isBrazilian(_ values: [Int]) -> Bool {
        let first = CheckDigits.weighted(values, [10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10 % 11 % 10
        let second = CheckDigits.weighted(values, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10 % 11 % 10
        return values[9] == first && values[10] == second && Set(values).count > 1
    }

    private static func isBelgian(_ candidate: Candidate, _ values: [Int]) -> Bool {
        let number = values[..<9].reduce(0) { $0 * 10 + $1 }
        let check = values[9] * 10 + values[10]
        let isChecked = 97 - number % 97 == check || 97 - (2_000_000_000 + number) % 97 == check
        let isMarked = !candidate.marks(in: 11).isEmpty
        return isChecked && candidate.isDate(day: 4, month: 2) && (isMarked || candidate.isCued)
    }

    private static func isNorwegian(_ candidate: Candidate, _ values: [Int]) -> Bool {
        let first = (11 - CheckDigits.weighted(values, [3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11
        let second = (11 - CheckDigits.weighted(values, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11
        return candidate.isDate(day: 0, month: 2) && values[9] == first && values[10] == second
    }

    private static func isOfTwelve(_ candidate: Candidate, _ values: [Int], _ letters: [Int]) -> Bool {
        if letters == [8] { return isPension(candidate, values) }
        guard letters.isEmpty else { return false }
        let isIndian =
            values[0] > 1 && CheckDigits.verhoeff(values)
            && (candidate.isCued || candidate.isGrouped([4, 8], in: 12))
        let isLongSwedish =
            (values[0] == 1 && values[1] == 9 || values[0] == 2 && values[1] == 0)
            && CheckDigits.luhn(values[2...]) && isDateOrCoordination(candidate, year: 2)
        return isIndian || isLongSwedish
    }

    /// Germany's pension insurance: area, date of birth, an initial as two digits, serial and check.
    private static func isPension(_ candidate: Candidate, _ values: [Int]) -> Bool {
        guard candidate.isDate(day: 2, month: 4) else { return false }
        let initial = values[8] - 9
        let digits = values[..<8] + [initial / 10, initial % 10] + values[9..<11]
        let sum = zip(digits, [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]).reduce(0) { sum, pair in
            let product = pair.0 * pair.1
            return sum + product / 10 + product % 10
        }
        return sum % 10 == values[11]
    }

    /// AHV: as on goods.
    private static func isSwiss(_ values: [Int]) -> Bool {
        CheckDigits.weighted(values, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).isMultiple(of: 10)
    }

    // MARK: Fifteen and sixteen

    /// NIR: sex, year, month, place; the key makes it a multiple of 97.
    ///
    /// Corsica's letters count as numbers.
    private static func isFrench(_ values: [Int]) -> Bool {
        let letters = values.indices.filter { values[$0] > 9 }
        let month = values[3] * 10 + values[4]
        guard [1, 2, 3, 4, 7, 8].contains(values[0]), month > 0,
            month <= 12 || (20...42).contains(month) || month >= 50,
            letters.isEmpty || letters == [6] && (values[6] == 10 || values[6] == 11)
        else { return false }
        var number = values[..<13].enumerated().reduce(0) {
            $0 * 10 + ($1.offset == 6 && $1.element > 9 ? 0 : $1.element)
        }
        if letters == [6] {
            number = values[..<13].enumerated().reduce(0) { number, next in
                number * 10 + (next.offset == 5 ? 1 : next.offset == 6 ? (values[6] == 10 ? 9 : 8) : next.element)
            }
        }
        return 97 - number % 97 == values[13] * 10 + values[14]
    }

    /// Codice fiscale: letters and digits at their places, and a letter that checks them all.
    private static func isItalian(_ values: [Int]) -> Bool {
        let letterPlaces = [0, 1, 2, 3, 4, 5, 8, 11, 15]
        guard letterPlaces.allSatisfy({ values[$0] > 9 }) else { return false }
        // A person who shares the code of another has letters in place of digits.
        let instead = Set("LMNPQRSTUV".utf8.map { Int($0) - 55 })
        guard
            values.indices.allSatisfy({ letterPlaces.contains($0) || values[$0] < 10 || instead.contains(values[$0]) })
        else { return false }
        let sum = values[..<15].enumerated().reduce(0) { sum, next in
            let value = next.element > 9 ? next.element - 10 : next.element
            return sum + (next.offset.isMultiple(of: 2) ? odd[value] : value)
        }
        return values[15] - 10 == sum % 26
    }

    private static let odd = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
    ]

    /// The capital that a value from 10 on is.
    private static func letter(_ value: Int) -> UInt8 { value > 9 ? UInt8(value + 55) : 0 }
}
