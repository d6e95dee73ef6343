internal import MeshAPI
internal import MeshChat
internal import MeshJSON
internal import MeshSessions

/// What of a question would leave an edge: the answer of `/v1/redact`.
struct PreviewDocument: APIDocument {
    let json: JSONValue

    init(json: JSONValue) { self.json = json }

    init(_ preview: QuestionPreview, request: String) {
        var object = JSONObject()
        object["request_id"] = .string(request)
        object["query"] = .string(preview.query)
        object["context"] = preview.context.json
        object["model_preference"] = preview.model.map { .string($0) }
        object["project_id"] = preview.project.map { .string($0) }
        object["lora_id"] = preview.adapter.map { .string($0) }
        object["history"] = .array(
            preview.history.map { ["role": .string($0.role.rawValue), "content": .string($0.text)] }
        )
        object["privacy"] = AnswerDocument.Privacy(PrivacyNote(found: preview.found)).json
        json = .object(object)
    }
}
