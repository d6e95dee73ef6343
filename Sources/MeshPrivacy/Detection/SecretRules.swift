/// Keys: by the marks that vendors begin them with, or by their form.
///
/// What stands behind a cue is of ``PasswordRules``.
enum SecretRules {
    /// How the keys of a vendor look.
    private struct Form {
        let prefix: StaticString
        let shortest: Int
        var alphabet: @Sendable (UInt8) -> Bool = { $0.isBase64URL }
    }

    static func search(_ searched: SearchedText, _ findings: inout Findings) {
        let text = searched.text
        var free = 0
        for word in searched.words where word.start >= free {
            if let (range, isSecret) = vendor(text, word.start) {
                if isSecret { findings.add(.secret, range) }
                free = range.upperBound
            } else if let range = jwt(text, word) {
                findings.add(.secret, range)
                free = range.upperBound
            }
        }
        pem(text, &findings)
        PasswordRules.search(searched, &findings)
    }

    static func run(_ text: ScannedText, _ start: Int, atMost most: Int, _ isPart: (UInt8) -> Bool) -> Int {
        var end = start
        while end - start < most, isPart(text[end]) { end += 1 }
        return end
    }

    // MARK: Vendors

    /// What begins like a vendor's key and is as long, and whether it is one: words with hyphens are none.
    ///
    /// What is none is not looked at again from its middle, or hyphens would be looked at without end.
    private static func vendor(_ text: ScannedText, _ start: Int) -> (Range<Int>, isSecret: Bool)? {
        guard let forms = forms[text[start]] else { return nil }
        for form in forms where text.hasExactly(form.prefix, at: start) {
            let body = start + form.prefix.utf8CodeUnitCount
            let end = run(text, body, atMost: 4_096, form.alphabet)
            guard end - body >= form.shortest else { continue }
            let isSecret = (body..<end).contains { text[$0].isDigit || text[$0].isCapital }
            return (start..<end, isSecret)
        }
        return nil
    }

    /// Those of vendors whose keys begin with a byte.
    private static let forms: [UInt8: [Form]] = {
        let alphanumeric: @Sendable (UInt8) -> Bool = { $0.isAlphanumeric }
        let dotted: @Sendable (UInt8) -> Bool = { $0.isBase64URL || $0 == UInt8(ascii: ".") }
        let all = [
            // OpenAI, Anthropic and others that took the same form, then those of their own.
            Form(prefix: "sk-", shortest: 20), Form(prefix: "sess-", shortest: 20), Form(prefix: "xai-", shortest: 20),
            Form(prefix: "gsk_", shortest: 20), Form(prefix: "pplx-", shortest: 20), Form(prefix: "hf_", shortest: 20),
            Form(prefix: "r8_", shortest: 20), Form(prefix: "nvapi-", shortest: 20),
            // Amazon, Google, DigitalOcean, Azure's shared keys.
            Form(prefix: "AKIA", shortest: 16, alphabet: { $0.isCapital || $0.isDigit }),
            Form(prefix: "ASIA", shortest: 16, alphabet: { $0.isCapital || $0.isDigit }),
            Form(prefix: "AIza", shortest: 35), Form(prefix: "GOCSPX-", shortest: 20),
            Form(prefix: "ya29.", shortest: 20, alphabet: dotted), Form(prefix: "dop_v1_", shortest: 32),
            Form(prefix: "doo_v1_", shortest: 32),
            // GitHub, GitLab, Slack, npm, PyPI, Docker, Terraform.
            Form(prefix: "ghp_", shortest: 30), Form(prefix: "gho_", shortest: 30), Form(prefix: "ghu_", shortest: 30),
            Form(prefix: "ghs_", shortest: 30), Form(prefix: "ghr_", shortest: 30),
            Form(prefix: "github_pat_", shortest: 30), Form(prefix: "glpat-", shortest: 20),
            Form(prefix: "gldt-", shortest: 20), Form(prefix: "glrt-", shortest: 20),
            Form(prefix: "glptt-", shortest: 20), Form(prefix: "xoxb-", shortest: 20),
            Form(prefix: "xoxp-", shortest: 20), Form(prefix: "xoxa-", shortest: 20),
            Form(prefix: "xoxr-", shortest: 20), Form(prefix: "xoxs-", shortest: 20),
            Form(prefix: "xapp-", shortest: 20), Form(prefix: "npm_", shortest: 30),
            Form(prefix: "pypi-", shortest: 30), Form(prefix: "dckr_pat_", shortest: 20),
            // Stripe, Twilio, SendGrid, Shopify, Square, Linear, Notion, Telegram-like bots.
            Form(prefix: "sk_live_", shortest: 16), Form(prefix: "sk_test_", shortest: 16),
            Form(prefix: "rk_live_", shortest: 16), Form(prefix: "rk_test_", shortest: 16),
            Form(prefix: "pk_live_", shortest: 16), Form(prefix: "whsec_", shortest: 16, alphabet: { $0.isBase64 }),
            Form(prefix: "SG.", shortest: 40, alphabet: dotted), Form(prefix: "shpat_", shortest: 30),
            Form(prefix: "shpss_", shortest: 30), Form(prefix: "EAAA", shortest: 50),
            Form(prefix: "lin_api_", shortest: 30), Form(prefix: "secret_", shortest: 40, alphabet: alphanumeric),
            Form(prefix: "AGE-SECRET-KEY-1", shortest: 50),
            Form(prefix: "SK", shortest: 32, alphabet: { $0.isHexadecimal }),
            // Our own: enrolment tokens, and keys of a hub's gateway.
            Form(prefix: "mesh1-", shortest: 20), Form(prefix: "mesh-", shortest: 24),
            Form(prefix: "mesh_", shortest: 24),
        ]
        return Dictionary(grouping: all) { form in form.prefix.withUTF8Buffer { $0[0] } }
    }()

    // MARK: Forms

    /// Three parts of base64 with dots between, the first of which begins an object of JSON.
    private static func jwt(_ text: ScannedText, _ word: Word) -> Range<Int>? {
        guard text.hasExactly("eyJ", at: word.start) else { return nil }
        var (end, parts) = (word.start, 0)
        while parts < 5 {
            let next = run(text, end, atMost: parts == 0 ? 512 : 8_192) { $0.isBase64URL }
            guard next > end || parts == 2 else { break }
            parts += 1
            end = next
            guard text[end] == UInt8(ascii: "."), text[end + 1].isBase64URL else { break }
            end += 1
        }
        return parts >= 2 && end - word.start >= 24 ? word.start..<end : nil
    }

    /// A private key from its first line to its last, or to the end of the text where that was cut off.
    private static func pem(_ text: ScannedText, _ findings: inout Findings) {
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "-"), text.hasExactly("-----BEGIN ", at: index) else {
                index += 1
                continue
            }
            let label = index + 11
            let labelEnd = run(text, label, atMost: 48) { $0.isCapital || $0 == 0x20 || $0.isDigit }
            guard text.hasExactly("-----", at: labelEnd),
                text.hasExactly("PRIVATE KEY", at: labelEnd - 11)
                    || text.hasExactly("KEY BLOCK", at: labelEnd - 9)
            else {
                index = max(labelEnd, index + 1)
                continue
            }
            var end = labelEnd + 5
            while end < text.count, !text.hasExactly("-----END ", at: end) { end += 1 }
            if end < text.count {
                end += 9
                while end < text.count, text[end] != UInt8(ascii: "-"), text[end] != 0x0A { end += 1 }
                end = run(text, end, atMost: 5) { $0 == UInt8(ascii: "-") }
            }
            findings.add(.secret, index..<end)
            index = end
        }
    }
}
