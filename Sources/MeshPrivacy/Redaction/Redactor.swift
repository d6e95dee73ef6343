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
    /// `label` is what the text is called where it stands, and may tell what it is: a key. Inside a document of JSON
    /// the strings are redacted, as they are read; all else stays to the letter.
    mutating func redact(_ text: String, _ field: String, label: String? = nil) throws(PrivacyError) -> String {
        guard !text.isEmpty else { return text }
        let scanned = ScannedText(text)
        let found = try detector.search(scanned, label: label, map: map)
        guard !found.isEmpty else { return text }
        var output: [UInt8] = []
        output.reserveCapacity(scanned.count)
        var index = 0
        for piece in found.merged(in: scanned) {
            let range = piece.range
            let isRead = found.isDocument
            let original = isRead ? MappedText(unescaping: scanned.bytes[range]).text.whole : scanned.text(range)
            let placeholder = try placeholder(for: original, piece, field)
            let mark = found.numbers[range.lowerBound]
            if isRead { map.note(placeholder, isNumber: mark != nil, isWholeString: isString(range, scanned)) }
            output += scanned.bytes[index..<range.lowerBound]
            output += Array("\(mark ?? "")\(placeholder.text)\(mark ?? "")".utf8)
            index = range.upperBound
        }
        output += scanned.bytes[index...]
        return String(decoding: output, as: UTF8.self)
    }

    private func isString(_ range: Range<Int>, _ text: ScannedText) -> Bool {
        text[range.lowerBound - 1] == UInt8(ascii: "\"") && text[range.upperBound] == UInt8(ascii: "\"")
    }

    /// The placeholder of a whole number, if it is to be replaced.
    mutating func redact(_ number: Int64, _ field: String, label: String?) throws(PrivacyError) -> String? {
        let scanned = ScannedText(String(number))
        let found = try detector.search(scanned, label: label, map: map).merged(in: scanned)
        guard let piece = found.first else { return nil }
        let placeholder = try placeholder(for: String(number), piece, field)
        map.note(placeholder, isNumber: true, isWholeString: false)
        return placeholder.text
    }

    /// The placeholder of what tells people apart by its meaning: it is given whatever the policy says.
    mutating func redact(identifier: String, _ field: String) throws(PrivacyError) -> String {
        try placeholder(
            for: identifier,
            Findings.Piece(kind: .nationalID, range: 0..<identifier.utf8.count, isLookalike: true),
            field
        ).text
    }

    /// The placeholder of an original, or the refusal to let it leave at all.
    private mutating func placeholder(
        for text: String,
        _ piece: Findings.Piece,
        _ field: String
    ) throws(PrivacyError) -> Placeholder {
        guard policy[piece.kind] != .block || piece.isLookalike else {
            let blocked = BlockedField(field: field, kind: piece.kind)
            throw PrivacyError(.blocked, "\(blocked), which may not leave", cause: blocked)
        }
        report.count(piece.kind)
        return try map.placeholder(for: text, piece.kind)
    }
}
