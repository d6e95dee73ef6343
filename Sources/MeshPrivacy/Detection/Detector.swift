internal import MeshCore

/// Finds personal data in a text, by rules alone: the same text, the same findings, in a time that grows with its
/// length.
package struct Detector: Sendable {
    private let policy: PrivacyPolicy
    private let terms: TermRules
    private let lexicon: Lexicon

    /// A detector of the kinds that a policy does not pass.
    package init(policy: PrivacyPolicy = PrivacyPolicy(), terms: OwnTerms = OwnTerms()) {
        self.policy = policy
        self.terms = TermRules(terms)
        lexicon = .standard
    }

    /// What is found in `text`: in order, without overlaps.
    ///
    /// ``PersonalSpan/range`` counts bytes of UTF-8.
    package func spans(in text: String) throws(PrivacyError) -> [PersonalSpan] {
        let text = ScannedText(text)
        return try search(text, map: nil).merged(in: text).map { PersonalSpan(kind: $0.kind, range: $0.range) }
    }

    /// The same, with the names that the conversation has told before, and beside its placeholders.
    ///
    /// `label` is what the text is called where it stands, and may tell what it is: a key.
    func search(_ text: ScannedText, label: String? = nil, map: PlaceholderMap?) throws(PrivacyError) -> Findings {
        guard text.count <= Limits.Privacy.maximumTextBytes else {
            let limit = Limits.Privacy.maximumTextBytes
            throw PrivacyError(.tooLarge, "a text has more than \(limit) bytes, and is not searched")
        }
        return search(text, label, map, depth: 0)
    }

    private func search(_ text: ScannedText, _ label: String?, _ map: PlaceholderMap?, depth: Int) -> Findings {
        let prefix = label.map { Array("\($0): ".utf8) } ?? []
        let labelled = prefix.isEmpty ? text : ScannedText(bytes: prefix + text.bytes)
        var found = Findings()
        apply(to: labelled, map, &found)
        if let unfolded = MappedText(unfolding: labelled) {
            found = found.moved(unfolded.whole)
            var seen = Findings()
            apply(to: unfolded.text, map, &seen)
            found.add(seen.moved(unfolded.origin))
        }
        PlaceholderReader.lookalikes(in: labelled, of: map, &found)
        if !prefix.isEmpty {
            found = found.moved { max($0.lowerBound - prefix.count, 0)..<max($0.upperBound - prefix.count, 0) }
        }
        guard depth < Limits.Privacy.maximumDocumentDepth, let document = JSONDocument(text) else { return found }
        var inside = document.clipped(found)
        inside.isDocument = true
        for token in document.tokens { search(token, of: document, in: text, map, depth, &inside) }
        return inside
    }

    /// Searches a string as it is read, and a whole number, each with the key that says what it is.
    private func search(
        _ token: JSONDocument.Token,
        of document: JSONDocument,
        in text: ScannedText,
        _ map: PlaceholderMap?,
        _ depth: Int,
        _ inside: inout Findings
    ) {
        let isNumber = token.sort == .number
        // No rule finds less; fractions are nobody's.
        guard token.range.count > (isNumber ? 3 : 1), !isNumber || text.isWholeNumber(token.range) else { return }
        let label = token.label.map { label in
            let key = MappedText(unescaping: text.bytes[document.tokens[label].range]).text
            return key.text(0..<min(key.count, Limits.Privacy.maximumLabelBytes))
        }
        let string = MappedText(unescaping: text.bytes[token.range])
        let found = search(string.text, label, map, depth: depth + 1)
        guard !found.isEmpty else { return }
        if isNumber {
            inside.numbers[token.range.lowerBound] = "\""
            inside.add(found.moved { _ in token.range })
        } else {
            inside.add(found.moved(string.origin))
            for (start, mark) in found.numbers {
                let origin = string.origin(of: start..<start + 1)
                inside.numbers[origin.lowerBound] = String(JSONText.quoted(mark).dropFirst().dropLast())
            }
        }
    }

    private func apply(to text: ScannedText, _ map: PlaceholderMap?, _ findings: inout Findings) {
        let searched = SearchedText(text, lexicon)
        terms.search(searched, &findings)
        SecretRules.search(searched, &findings)
        NetworkRules.search(searched, &findings)
        BankRules.search(searched, &findings)
        NationalIDRules.search(searched, &findings)
        PhoneRules.search(searched, &findings)
        DateRules.search(searched, &findings)
        AddressRules.search(searched, &findings)
        NameRules.search(searched, known: map?.nameWords ?? [], &findings)
        findings.drop { policy[$0] == .pass }
    }
}

extension ScannedText {
    /// Whether a number has neither a point nor an exponent.
    fileprivate func isWholeNumber(_ range: Range<Int>) -> Bool {
        bytes[range].allSatisfy { $0.isDigit || $0 == UInt8(ascii: "-") }
    }
}
