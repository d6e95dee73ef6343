/// Arithmetic by which numbers are told from others.
///
/// Each takes digits from 0 to 9, the first one first.
enum CheckDigits {
    /// Luhn's: cards, Swedish and Canadian numbers.
    static func luhn(_ digits: some BidirectionalCollection<Int>) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let doubled = place.isMultiple(of: 2) ? digit : digit * 2
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return sum.isMultiple(of: 10)
    }

    /// The sum of digits, each times its weight.
    static func weighted(_ digits: some Collection<Int>, _ weights: [Int]) -> Int {
        zip(digits, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// ISO 7064's hybrid MOD 11,10: German tax numbers.
    static func mod11And10(_ digits: some Collection<Int>) -> Bool {
        var product = 10
        for digit in digits.dropLast() {
            let sum = (digit + product) % 10
            product = (sum == 0 ? 10 : sum) * 2 % 11
        }
        let check = (11 - product) % 10
        return digits.suffix(1).first == check
    }

    /// The remainder of a number by 97.
    static func mod97(_ digits: some Collection<Int>) -> Int {
        digits.reduce(0) { ($0 * 10 + $1) % 97 }
    }

    /// Verhoeff's: Indian numbers.
    static func verhoeff(_ digits: some BidirectionalCollection<Int>) -> Bool {
        var check = 0
        for (place, digit) in digits.reversed().enumerated() {
            check = dihedral(check, permuted(digit, times: place % 8))
        }
        return check == 0
    }

    /// The product of two elements of the dihedral group of ten.
    private static func dihedral(_ left: Int, _ right: Int) -> Int {
        switch (left < 5, right < 5) {
        case (true, true): (left + right) % 5
        case (true, false): (left + right) % 5 + 5
        case (false, true): (left - right + 5) % 5 + 5
        case (false, false): (left - right + 5) % 5
        }
    }

    private static func permuted(_ digit: Int, times: Int) -> Int {
        (0..<times).reduce(digit) { digit, _ in permutation[digit] }
    }

    private static let permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
}
