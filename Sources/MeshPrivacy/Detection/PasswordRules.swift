/// Passwords and keys behind a cue: `password: …`, `"api_key": "…"`, `PGPASSWORD=…`, `Authorization: Basic …`.
enum PasswordRules {
    static func search(_ searched: SearchedText, _ findings: inout Findings) {
        let text = searched.text
        var free = 0
        for cue in searched.all(.secret) where cue.range.lowerBound >= free {
            guard let range = value(text, behind: cue.range) else { continue }
            findings.add(.secret, range)
            free = range.upperBound
        }
        for word in searched.words where word.count >= 5 && word.count <= 40 {
            if text[word.end] == 0x20, word.count <= 6 {
                if let range = credentials(searched, behind: word) { findings.add(.secret, range) }
            } else if word.count > 8, endsLikeCue(text, word), let range = value(text, behind: word.range) {
                findings.add(.secret, range)
            }
        }
    }

    /// Whether a word is a cue that is written in one with another word: `PGPASSWORD`, `AccountKey`.
    private static func endsLikeCue(_ text: ScannedText, _ word: Word) -> Bool {
        endings.contains { ending in
            word.count >= ending.utf8CodeUnitCount && text.has(ending, at: word.end - ending.utf8CodeUnitCount)
        }
    }

    private static let endings: [StaticString] = [
        "password", "passwd", "passwort", "passphrase", "secretkey", "accesskey", "accountkey", "apikey",
        "clientsecret", "accesstoken", "authtoken", "refreshtoken", "sharedkey", "privatekey",
    ]

    /// What a header of HTTP says behind `Bearer`, `Basic` or `Token`.
    private static func credentials(_ searched: SearchedText, behind word: Word) -> Range<Int>? {
        let text = searched.text
        let isBearer = text.has("bearer", at: word.start)
        guard
            isBearer && word.count == 6
                || word.count == 5 && (text.has("basic", at: word.start) || text.has("token", at: word.start))
        else { return nil }
        let start = text.skippingBlanks(from: word.end)
        let end = SecretRules.run(text, start, atMost: 4_096) { byte in
            byte.isBase64 || byte == 0x2E || byte == 0x3D || byte == 0x7E
        }
        let hasDigit = (start..<min(end, start + 64)).contains { text[$0].isDigit }
        if isBearer, end - start >= 16, hasDigit { return start..<end }
        guard end - start >= 8, let cue = searched.cue(.secret, before: word.start, within: 8) else { return nil }
        return text.has("authorization", at: cue.range.lowerBound) ? start..<end : nil
    }

    // MARK: Values

    /// What stands behind `password:`, `api_key = "…"` or `password is …`.
    private static func value(_ text: ScannedText, behind cue: Range<Int>) -> Range<Int>? {
        var index = cue.upperBound
        var hasSign = false
        while index - cue.upperBound < 8 {
            switch text[index] {
            case UInt8(ascii: ":"), UInt8(ascii: "="):
                hasSign = true
                index += 1
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
                if hasSign { return quoted(text, index, cue) ?? run(text, index + 1, cue) }
                index += 1
            case 0x20, 0x09, UInt8(ascii: ">"), UInt8(ascii: "*"), UInt8(ascii: "\\"): index += 1
            default:
                if hasSign { return run(text, index, cue) }
                guard let behind = verb(text, index) else { return nil }
                return spoken(text, text.skippingBlanks(from: behind))
            }
        }
        return hasSign ? run(text, index, cue) : nil
    }

    /// Where "is" and its like in other languages end.
    private static func verb(_ text: ScannedText, _ index: Int) -> Int? {
        for verb in ["is ", "ist ", "lautet ", "est ", "es ", "è ", "jest ", "to "] as [StaticString] {
            if text.has(verb, at: index) { return index + verb.utf8CodeUnitCount }
        }
        return nil
    }

    /// What a sentence says that a password is: a run that no word is, with a digit or a mark inside.
    private static func spoken(_ text: ScannedText, _ start: Int) -> Range<Int>? {
        let isQuoted = text[start] == UInt8(ascii: "\"") || text[start] == UInt8(ascii: "'")
        let range = trimmed(text, isQuoted ? start + 1 : start)
        guard range.count >= 6, odd(text, range) > 0, isQuoted || !isExpression(text, range) else { return nil }
        return isPlace(text, range) ? nil : range
    }

    /// Behind a sign: a run without spaces; letters alone if they are no word that stands there in manuals and
    /// programs.
    private static func run(_ text: ScannedText, _ start: Int, _ cue: Range<Int>) -> Range<Int>? {
        let range = trimmed(text, start)
        guard range.count >= 4, !isPlace(text, range) else { return nil }
        let odd = odd(text, range)
        guard odd > 0 else { return isWord(text, range, cue) ? nil : range }
        guard odd < range.count || range.count >= 6, !isExpression(text, range), !isCommon(text, range) else {
            return nil
        }
        return range
    }

    /// What stands between a quotation mark and the next one of its kind, in one line.
    private static func quoted(_ text: ScannedText, _ open: Int, _ cue: Range<Int>) -> Range<Int>? {
        let (mark, start) = (text[open], open + 1)
        let isEscaped = text[open - 1] == UInt8(ascii: "\\")
        var index = start
        while index < text.count, index - start < 4_096, text[index] != mark, text[index] != 0x0A {
            if text[index] == UInt8(ascii: "\\") {
                if isEscaped, text[index + 1] == mark { break }
                index += 1
            }
            index += 1
        }
        guard index < text.count, text[index] == mark || text[index] == UInt8(ascii: "\\") else { return nil }
        let range = start..<index
        // An empty range says that there is none, also in what stands behind.
        guard range.count >= 4, !isPlace(text, range) else { return start..<start }
        let isPlain = range.allSatisfy { text[$0].isLetter || sentenceMarks.contains(text[$0]) }
        if isPlain || range.contains(where: { text[$0] == 0x20 }) {
            let words = ScannedText(bytes: Array(text.bytes[range])).words()
            // "Enter your password" is none; "correct horse battery" is one.
            let isSaid = words.contains { Self.words.contains($0.hash) || saysPassword($0, text, range.lowerBound) }
            let isSentence = words.count == 2 || words.count > 2 && words.contains(where: \.isCapitalised)
            let isWeak = !announcesWord(text, cue, isAssigned: true)
            if isSaid || isPlain && (isWeak || isSentence) { return start..<start }
        }
        let odd = odd(text, range)
        return odd < range.count || range.count >= 6 ? range : start..<start
    }

    private static let sentenceMarks: Set<UInt8> = Set(" .,!?:'-…".utf8)

    // MARK: What is none

    /// The run from an index on, without what ends a sentence.
    private static func trimmed(_ text: ScannedText, _ start: Int) -> Range<Int> {
        var end = SecretRules.run(text, start, atMost: 4_096) { byte in
            byte > 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "`")
                && byte != UInt8(ascii: "<") && byte != UInt8(ascii: ",") && byte != UInt8(ascii: ";")
        }
        while end > start, text[end - 1] == UInt8(ascii: ".") || text[end - 1] == UInt8(ascii: ")") { end -= 1 }
        return start..<end
    }

    /// How many bytes of a run's beginning are no letters.
    private static func odd(_ text: ScannedText, _ range: Range<Int>) -> Int {
        range.prefix(256).filter { !text[$0].isLetter }.count
    }

    /// What a program computes, where it stands without quotation marks.
    private static func isExpression(_ text: ScannedText, _ range: Range<Int>) -> Bool {
        let first = text[range.lowerBound]
        let isCall =
            first == UInt8(ascii: "{")
            || range.contains { text[$0] == UInt8(ascii: "(") || text[$0] == UInt8(ascii: "[") }
        let isPath = range.allSatisfy {
            text[$0].isLetter || text[$0] == 0x2E || text[$0] == 0x5F || text[$0] == 0x3A
        }
        let isNumber = text.has("0x", at: range.lowerBound) && range.count < 10
        return isCall || isPath || isNumber || text.has("none", at: range.lowerBound)
    }

    /// Whether all of it stands for a secret that is elsewhere: `${…}`, `{{…}}`, `%…%`, `$NAME`, `{name}`.
    private static func isPlace(_ text: ScannedText, _ range: Range<Int>) -> Bool {
        let (first, last) = (text[range.lowerBound], text[range.upperBound - 1])
        let second = text[range.lowerBound + 1]
        let inside = range.dropFirst().dropLast()
        switch first {
        case UInt8(ascii: "$"):
            if second == UInt8(ascii: "{") { return last == UInt8(ascii: "}") }
            if second == UInt8(ascii: "(") { return last == UInt8(ascii: ")") }
            let name = range.dropFirst()
            return name.allSatisfy { text[$0].isLetter || text[$0] == 0x5F }
                || name.allSatisfy { text[$0].isCapital || text[$0].isDigit || text[$0] == 0x5F }
        case UInt8(ascii: "{"):
            if second == UInt8(ascii: "{") { return last == UInt8(ascii: "}") }
            return last == UInt8(ascii: "}") && inside.allSatisfy { text[$0].isLetter || text[$0] == 0x5F }
        case UInt8(ascii: "%"):
            return last == UInt8(ascii: "%") || second == UInt8(ascii: "(") && last == UInt8(ascii: "s")
        default: return false
        }
    }

    /// Whether letters behind a sign are a word of a manual or a program.
    private static func isWord(_ text: ScannedText, _ range: Range<Int>, _ cue: Range<Int>) -> Bool {
        let capitals = range.dropFirst().filter { text[$0].isCapital }.count
        // `userToken`, `SecureString`: names of programs.
        guard capitals == 0 || capitals == range.count - 1, !isCommon(text, range) else { return true }
        let isAssigned = text[range.lowerBound - 1] == UInt8(ascii: "=")
        return !announcesWord(text, cue, isAssigned: isAssigned)
    }

    /// Whether what stands behind a cue may be a word like others: a password often is, a token never.
    private static func announcesWord(_ text: ScannedText, _ cue: Range<Int>, isAssigned: Bool) -> Bool {
        says(strongNames, text, cue) || isAssigned && text.has("secret", at: cue.upperBound - 6)
    }

    /// Whether one word is all there is, and manuals and programs have it.
    private static func isCommon(_ text: ScannedText, _ range: Range<Int>) -> Bool {
        guard range.count <= 24 else { return false }
        let words = ScannedText(bytes: Array(text.bytes[range])).words()
        let last = text[range.upperBound - 1]
        let isMarked = last == UInt8(ascii: "?") || last == UInt8(ascii: "!")
        guard words.count == 1, words[0].count == range.count - (isMarked ? 1 : 0) else { return false }
        return Self.words.contains(words[0].hash) || saysPassword(text, range)
    }

    private static func saysPassword(_ word: Word, _ text: ScannedText, _ start: Int) -> Bool {
        saysPassword(text, start + word.start..<start + word.end)
    }

    /// Whether a word has in it what passwords are called.
    private static func saysPassword(_ text: ScannedText, _ range: Range<Int>) -> Bool {
        says(strongNames, text, range) || says(weakNames, text, range)
    }

    private static func says(_ names: [StaticString], _ text: ScannedText, _ range: Range<Int>) -> Bool {
        range.prefix(64).contains { index in
            names.contains { index + $0.utf8CodeUnitCount <= range.upperBound && text.has($0, at: index) }
        }
    }

    private static let strongNames: [StaticString] = [
        "passw", "passc", "passp", "passe", "pwd", "kennwort", "contrase", "wachtwoord", "hasło", "haslo", "senha",
    ]

    private static let weakNames: [StaticString] = ["token", "secret", "apikey", "credential"]

    /// What stands behind such a cue in manuals, forms and programs.
    private static let words: Set<UInt64> = {
        let text = """
            string text null none void true false yes nein undefined empty blank unset hidden masked redacted \
            required optional missing invalid valid wrong correct incorrect expired unknown changed updated \
            reset forgotten lost weak strong default example sample test demo todo value values field input \
            output param params args argument option options config configuration setting settings data file \
            path user username name login email self this that these those request response session context \
            client server header body form hash hashed bcrypt sha salt encrypted encoded plain plaintext base \
            basic bearer digest type char varchar integer number boolean bool float double object array list \
            dict dictionary tuple bytes byte buffer function class struct enum const static final public private \
            protected return await async import from with your their mine ours enter type please must should \
            shall will would could cannot needs need have having been being were what when where which while \
            there here then than some such only just also never always every each into onto over under about \
            above below after before between because and the for are not but can may see use using used set get \
            new old keep store change choose create forgot remember show hide confirm repeat again minimum \
            maximum length characters letters digits symbols least most more less letter digit siehe unten oben \
            bitte muss wird nicht eine einen einer wurde werden sind haben ändern eingeben vergessen falsch \
            richtig leer voir dans votre vous doit être pour avec ver debe para este esta usted deve essere \
            della zijn moet voor niet jest należy proszę generated random secure stored saved sent given \
            provided shared lifetime expires expiry expiration count counts limit limits usage budget window \
            size bearer refresh access identity session cookie keyword literal identifier operator comma colon \
            semicolon bracket brace whitespace newline first last next previous current start begin ends stop \
            kind position line column index model models start finish cost price environment variable variables \
            vault manager keychain environ process secretary
            """
        return Set(ScannedText(text).words().map(\.hash))
    }()
}
