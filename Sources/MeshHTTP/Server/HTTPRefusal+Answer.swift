internal import MeshCore

extension HTTPRefusal {
    /// The one shape in which clients are told of errors: `{"error":{"code":…,"message":…,"request_id":…}}`.
    func answer(_ id: RequestID) -> HTTPResponse {
        let content =
            "{\"error\":{\"code\":\(JSONText.quoted(code)),\"message\":\(JSONText.quoted(message)),"
            + "\"request_id\":\(JSONText.quoted(id.text))}}"
        var fields = fields
        fields.set(.contentType, "application/json")
        fields.set(.cacheControl, "no-store")
        return HTTPResponse(status, fields: fields, body: .bytes(Array(content.utf8)))
    }

    /// 408.
    static var tooSlow: HTTPRefusal {
        HTTPRefusal(.requestTimeout, "request_timeout", "the request did not come in time")
    }
}
