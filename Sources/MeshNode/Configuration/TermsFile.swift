internal import MeshCore
package import MeshPrivacy

/// A file with words of a user's own, one a line; a kind may stand before a colon.
///
///     # what begins with a number sign is for people
///     Lindenhof Consulting
///     person: Rudi
package enum TermsFile {
    /// The terms in a file's `bytes`; the error names `path` and the line, never what stands there.
    package static func read(_ bytes: [UInt8], path: String) throws(StartError) -> OwnTerms {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw wrong(path, "is no text in UTF-8") }
        var terms: [OwnTerms.Term] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = trimmed(line)
            guard !words.isEmpty, words.first != "#" else { continue }
            let term = term(words)
            // Each by itself first, so that the error has its line.
            do throws(PrivacyError) {
                _ = try OwnTerms([term])
            } catch {
                throw wrong(path, "line \(index + 1): \(error.message.replacing("term 1 ", with: "the term "))", error)
            }
            terms.append(term)
        }
        do throws(PrivacyError) {
            return try OwnTerms(terms)
        } catch {
            throw wrong(path, error.message, error)
        }
    }

    private static func term(_ line: Substring) -> OwnTerms.Term {
        guard let colon = line.firstIndex(of: ":"), let kind = PersonalKind(rawValue: String(trimmed(line[..<colon])))
        else { return OwnTerms.Term(String(line)) }
        return OwnTerms.Term(String(trimmed(line[line.index(after: colon)...])), kind: kind)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    private static func wrong(_ path: String, _ problem: String, _ cause: (any Error)? = nil) -> StartError {
        StartError(.configuration, "edge.privacy.terms '\(path)' \(problem)", cause: cause)
    }
}
