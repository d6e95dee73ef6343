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
        try spans(in: ScannedText(text), map: nil)
    }

    /// The same, with the names that the conversation has told before, and beside its placeholders.
    func spans(in text: ScannedText, map: PlaceholderMap?) throws(PrivacyError) -> [PersonalSpan] {
        guard text.count <= Limits.Privacy.maximumTextBytes else {
            let limit = Limits.Privacy.maximumTextBytes
            throw PrivacyError(.tooLarge, "a text has more than \(limit) bytes, and is not searched")
        }
        let searched = SearchedText(text, lexicon)
        var findings = Findings()
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
        PlaceholderReader.lookalikes(in: text, of: map, &findings)
        return findings.merged(in: text)
    }
}
