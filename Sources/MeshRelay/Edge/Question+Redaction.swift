internal import MeshCore
internal import MeshEscalation
internal import MeshPrivacy

extension Question<UnredactedText> {
    /// The question with placeholders in all of its texts; an error names the field as clients know it.
    ///
    /// Where a name is recognised for the first time, all is searched again for what stands before it.
    func redacted(
        by redactor: Redactor,
        with map: inout PlaceholderMap
    ) throws(PrivacyError) -> (question: Question<RedactedText>, report: RedactionReport) {
        let known = map.count
        let first = try pass(redactor, &map)
        guard map.count > known else { return first }
        return try pass(redactor, &map)
    }

    private func pass(
        _ redactor: Redactor,
        _ map: inout PlaceholderMap
    ) throws(PrivacyError) -> (question: Question<RedactedText>, report: RedactionReport) {
        var report = RedactionReport()
        func redact(_ text: String, _ field: String) throws(PrivacyError) -> String {
            let (redacted, found) = try redactor.redact(text, field: field, with: &map)
            report = report + found
            return redacted.text
        }
        var fields = fieldNames[...]
        var question = try mapTexts { (text) throws(PrivacyError) in
            let (redacted, found) = try redactor.redact(text.text, field: fields.popFirst() ?? "text", with: &map)
            report = report + found
            return redacted
        }
        // Names that the asker has chosen travel as well.
        question.model = try question.model.map { (name) throws(PrivacyError) in try redact(name, "model_preference") }
        question.project = try question.project.map { (name) throws(PrivacyError) in try redact(name, "project_id") }
        question.adapter = try question.adapter.map { (name) throws(PrivacyError) in try redact(name, "lora_id") }
        return (question, report)
    }

    /// What clients call its texts, in the order of ``Question/mapTexts(_:)``.
    private var fieldNames: [String] {
        var names: [String] = framing == nil ? [] : ["context.pathos_framing"]
        names += constraints.indices.map { "context.constraints[\($0)]" }
        for (index, piece) in knowledge.enumerated() {
            if piece.name != nil { names.append("context.local_knowledge[\(index)].name") }
            names.append("context.local_knowledge[\(index)].text")
        }
        return names + history.indices.map { "history[\($0)]" } + ["query"]
    }
}
