internal import MeshCore

/// Words of the user's own that must not leave: code names, customers, places.
package struct OwnTerms: Hashable, Sendable {
    /// One of them.
    package struct Term: Hashable, Sendable {
        /// As it stands in text, in any case; one word or several with something between them.
        package let text: String

        /// What its placeholder says it is.
        package let kind: PersonalKind

        /// A term of a kind: an organisation unless said otherwise.
        package init(_ text: String, kind: PersonalKind = .organisation) {
            self.text = text
            self.kind = kind
        }
    }

    /// Each of them.
    package let terms: [Term]

    /// None.
    package init() { terms = [] }

    /// These terms, or an error that says which place in the list is wrong, never the term.
    package init(_ terms: [Term]) throws(PrivacyError) {
        guard terms.count <= Limits.Privacy.maximumTerms else {
            throw PrivacyError(.malformedTerms, "there are more than \(Limits.Privacy.maximumTerms) terms")
        }
        for (index, term) in terms.enumerated() {
            guard term.text.utf8.count <= Limits.Privacy.maximumTermBytes else {
                let limit = Limits.Privacy.maximumTermBytes
                throw PrivacyError(.malformedTerms, "term \(index + 1) has more than \(limit) bytes")
            }
            guard !ScannedText(term.text).unfolded.words().isEmpty else {
                throw PrivacyError(.malformedTerms, "term \(index + 1) has no letters or digits")
            }
        }
        self.terms = terms
    }
}
