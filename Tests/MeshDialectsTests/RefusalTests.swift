import MeshCore
import MeshDialects
import MeshJSON
import Testing

@Suite struct `Refusals that are no chat's own` {
    static let kinds: [(UInt16, openAI: String, anthropic: String)] = [
        (400, "invalid_request_error", "invalid_request_error"), (401, "invalid_request_error", "authentication_error"),
        (402, "invalid_request_error", "billing_error"), (403, "invalid_request_error", "permission_error"),
        (404, "invalid_request_error", "not_found_error"), (405, "invalid_request_error", "invalid_request_error"),
        (409, "invalid_request_error", "conflict_error"), (413, "invalid_request_error", "request_too_large"),
        (415, "invalid_request_error", "invalid_request_error"), (429, "rate_limit_error", "rate_limit_error"),
        (500, "server_error", "api_error"), (503, "server_error", "api_error"),
        (504, "server_error", "timeout_error"), (529, "server_error", "overloaded_error"),
    ]

    @Test(arguments: kinds)
    func `have the kind that goes with their status`(status: UInt16, openAI: String, anthropic: String) throws {
        let first = ChatDialect.openAI.answer(
            status: status,
            code: "some_code",
            message: "no \"way\"",
            requestID: "r-1"
        )
        let open = try JSONReader.read(first.body)
        #expect(first.status == status && open["error"]?["type"]?.text == openAI)
        #expect(open["error"]?["code"]?.text == "some_code" && open["error"]?["message"]?.text == "no \"way\"")
        let second = ChatDialect.anthropic.answer(status: status, code: "some_code", message: "no", requestID: "r-1")
        let other = try JSONReader.read(second.body)
        #expect(other["type"]?.text == "error" && other["error"]?["type"]?.text == anthropic)
        #expect(other["request_id"]?.text == "r-1" && second.status == status)
    }
}
