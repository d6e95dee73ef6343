/// Takes out of a text what nobody else should read: keys, tokens, words that look like them, names of people.
///
/// A net below what is written without secrets in the first place: it takes too much rather than too little.
package struct DiagnosisScrubber: Sendable {
    private let names: [(name: String, stand: String)]

    /// Also takes out the name of this user, of this machine, and the user's folder; nil for those that are not known.
    package init(user: String?, host: String?, home: String?) {
        var names: [(String, String)] = []
        // The longest first; names of every machine tell nothing.
        if let home, home.count > 1, home != "/root" { names.append((home, "~")) }
        if let host, !["", "localhost"].contains(host) { names.append((host, "(host)")) }
        if let user, !["", "root"].contains(user) { names.append((user, "(user)")) }
        self.names = names
    }

    /// `text` without them.
    package func reduced(_ text: String) -> String {
        var lines: [String] = []
        var isInBlock = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let (begins, ends) = (line.contains("-----BEGIN "), line.contains("-----END "))
            if begins || isInBlock {
                if begins, !isInBlock { lines.append("(a block of PEM was here)") }
                isInBlock = !ends
                continue
            }
            lines.append(reduced(line: line))
        }
        return lines.joined(separator: "\n")
    }

    /// `text` with nothing but the names of user and machine replaced; for what holds no secret by its making.
    package func withoutNames(_ text: String) -> String {
        names.reduce(text) { Self.replacing($1.name, by: $1.stand, in: $0) }
    }

    private func reduced(line: Substring) -> String {
        withoutNames(Self.withoutOpaqueWords(Self.withoutAssignments(String(line))))
    }

    // MARK: What is called a secret

    /// `password=x`, `"token": "x"`, `Authorization: Bearer x`, `--api-key x`: the rest of the value.
    private static func withoutAssignments(_ line: String) -> String {
        let letters = Array(line)
        let small = letters.map { $0.isASCII ? Character($0.lowercased()) : $0 }
        var index = 0
        var result: [Character] = []
        while index < letters.count {
            guard let word = secretWords.first(where: { small[index...].starts(with: $0) }) else {
                result.append(letters[index])
                index += 1
                continue
            }
            result += letters[index..<index + word.count]
            index += word.count
            // Up to the value: the rest of the name, quotes, the sign between them.
            var ahead = index
            while ahead < letters.count, letters[ahead].isLetter || "_-".contains(letters[ahead]) { ahead += 1 }
            let nameEnd = ahead
            while ahead < letters.count, " \"':=".contains(letters[ahead]) { ahead += 1 }
            let between = letters[nameEnd..<ahead]
            let isFlag = result.dropLast(word.count).suffix(2) == ["-", "-"]
            let isAssigned = between.contains(":") || between.contains("=") || isFlag || word == Array("bearer")
            guard isAssigned, ahead < letters.count, ahead > nameEnd else { continue }
            result += letters[index..<ahead] + Array("(removed)")
            // A value in quotes ends with them; after a colon or a sign without, it is the rest of the line.
            let quote = between.last { "\"'".contains($0) }
            if let quote {
                while ahead < letters.count, letters[ahead] != quote { ahead += letters[ahead] == "\\" ? 2 : 1 }
            } else {
                while ahead < letters.count, !",;}".contains(letters[ahead]) { ahead += 1 }
            }
            index = min(ahead, letters.count)
        }
        return String(result)
    }

    private static let secretWords: [[Character]] = [
        "secret", "token", "password", "passwd", "passphrase", "api-key", "api_key", "apikey", "authorization",
        "bearer",
        "cookie", "credential", "private-key", "private_key", "privatekey",
    ].map { Array($0) }

    // MARK: What looks like one

    /// Long words of random letters and digits: keys in base 64 or hexadecimal, tokens.
    private static func withoutOpaqueWords(_ line: String) -> String {
        var result = ""
        var word = ""
        func flush() {
            result += isOpaque(word) ? "(removed)" : word
            word = ""
        }
        for letter in line {
            if letter.isASCII, letter.isLetter || letter.isNumber || "+/=_-".contains(letter) {
                word.append(letter)
            } else {
                flush()
                result.append(letter)
            }
        }
        flush()
        return result
    }

    private static func isOpaque(_ word: String) -> Bool {
        if word.hasPrefix("mesh1-") { return true }
        guard word.utf8.count >= 20 else { return false }
        // A path is long and of words; base 64 with its slashes is not.
        return word.split(whereSeparator: { "/=".contains($0) }).contains { part in
            guard part.utf8.count >= 20 else { return false }
            let digits = part.count { $0.isNumber }
            let isMixed = part.contains { $0.isUppercase } && part.contains { $0.isLowercase }
            return digits >= 2 && (isMixed || part.utf8.count >= 32)
        }
    }

    // MARK: Names

    /// `name` where it stands for itself: not inside of another word.
    private static func replacing(_ name: String, by stand: String, in line: String) -> String {
        var result = ""
        var rest = line[...]
        var before: Character?
        while !rest.isEmpty {
            if rest.hasPrefix(name), !isInWord(before) {
                let after = rest.dropFirst(name.count)
                if !isInWord(after.first) {
                    result += stand
                    before = name.last
                    rest = after
                    continue
                }
            }
            let letter = rest.removeFirst()
            result.append(letter)
            before = letter
        }
        return result
    }

    private static func isInWord(_ letter: Character?) -> Bool { letter.map { $0.isLetter || $0.isNumber } ?? false }
}
