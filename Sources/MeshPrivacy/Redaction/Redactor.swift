package import MeshChat
internal import MeshCore

/// Replaces personal data by placeholders, in a text or in all texts of a request.
package struct Redactor: Sendable {
    private let policy: PrivacyPolicy
    private let detector: Detector

    /// A redactor by a policy, for a user's own terms beside what everybody has.
    package init(policy: PrivacyPolicy = PrivacyPolicy(), terms: OwnTerms = OwnTerms()) {
        self.policy = policy
        detector = Detector(policy: policy, terms: terms)
    }

    /// What a model should be told where a request has placeholders.
    package static let instruction = RedactedText(
        redacted: """
            Words in capitals that end in an underscore and six letters or digits, for example those that begin with \
            PERSON_ or EMAIL_, stand for names, addresses and other data. Use them as if they were that data, and copy \
            each of them exactly, letter by letter.
            """
    )

    /// The text with its placeholders.
    ///
    /// An error names `field` and the kind, never what stands there.
    package func redact(
        _ text: String,
        field: String = "text",
        with map: inout PlaceholderMap
    ) throws(PrivacyError) -> (text: RedactedText, report: RedactionReport) {
        let (text, report) = try twice(&map) { (pass) throws(PrivacyError) in try pass.redact(text, field) }
        return (RedactedText(redacted: text), report)
    }

    /// The request with all of its texts redacted: system, messages, tools with their schemas, arguments and results,
    /// formats, stop sequences, metadata.
    ///
    /// Who the user is, is replaced whatever it looks like.
    package func redact(
        _ request: ChatRequest,
        with map: inout PlaceholderMap
    ) throws(PrivacyError) -> RedactedRequest {
        let (request, report) = try twice(&map) { (pass) throws(PrivacyError) in
            var redaction = RequestRedaction(pass: pass)
            defer { pass = redaction.pass }
            return try redaction.redact(request)
        }
        return RedactedRequest(redacted: request, report: report)
    }

    /// A name that is recognised at its second place is replaced at the first one, too.
    private func twice<Value>(
        _ map: inout PlaceholderMap,
        _ body: (inout RedactionPass) throws(PrivacyError) -> Value
    ) throws(PrivacyError) -> (Value, RedactionReport) {
        let known = map.nameWords.count
        var pass = RedactionPass(map: map, policy: policy, detector: detector)
        defer { map = pass.map }
        let value = try body(&pass)
        guard pass.map.nameWords.count > known else { return (value, pass.report) }
        pass.report = RedactionReport()
        return (try body(&pass), pass.report)
    }
}

/// One pass over the texts of a request.
struct RedactionPass {
    var map: PlaceholderMap
    var report = RedactionReport()

    private let policy: PrivacyPolicy
    private let detector: Detector

    init(map: PlaceholderMap, policy: PrivacyPolicy, detector: Detector) {
        self.map = map
        self.policy = policy
        self.detector = detector
    }

    /// The text with placeholders.
    ///
    /// `label` is what the text is called where it stands, and may tell what it is: a key.
    mutating func redact(_ text: String, _ field: String, label: String? = nil) throws(PrivacyError) -> String {
        guard !text.isEmpty else { return text }
        let prefix = label.map { "\($0): " } ?? ""
        let scanned = ScannedText(prefix + text)
        let offset = prefix.utf8.count
        let spans = try detector.spans(in: scanned, map: map).filter { $0.range.upperBound > offset }
        guard !spans.isEmpty else { return text }
        var output: [UInt8] = []
        output.reserveCapacity(scanned.count)
        var index = offset
        for span in spans {
            let start = max(span.range.lowerBound, offset)
            let original = scanned.text(start..<span.range.upperBound)
            output += scanned.bytes[index..<start]
            output += Array(try replacement(for: original, span.kind, field).utf8)
            index = span.range.upperBound
        }
        output += scanned.bytes[index...]
        return String(decoding: output, as: UTF8.self)
    }

    /// The placeholder of an original, or the refusal to let it leave at all.
    mutating func replacement(for text: String, _ kind: PersonalKind, _ field: String) throws(PrivacyError) -> String {
        guard policy[kind] != .block else {
            let blocked = BlockedField(field: field, kind: kind)
            throw PrivacyError(.blocked, "\(blocked), which may not leave", cause: blocked)
        }
        report.count(kind)
        return try map.placeholder(for: text, kind).text
    }
}
