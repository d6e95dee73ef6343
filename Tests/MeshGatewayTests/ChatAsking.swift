import MeshChat
import MeshCore
import MeshDialects
import MeshHTTP
import MeshJSON

/// An answer of a gateway, all of it.
struct ChatAnswered: Sendable {
    let status: UInt16
    let fields: HTTPFields
    let text: String

    /// The answer as JSON.
    var json: JSONValue { get throws { try JSONReader.read(Array(text.utf8)) } }

    subscript(name: String) -> String? { HTTPFieldName(name).flatMap { fields[$0] } }

    /// The error's kind, its code where the dialect has one, and its words.
    var error: (type: String?, code: String?, message: String?) {
        get throws {
            let error = try json["error"]
            return (error?["type"]?.text, error?["code"]?.text, error?["message"]?.text)
        }
    }

    /// What each `data:` of a stream says.
    var data: [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
    }
}

extension ChatDialect {
    static let both: [ChatDialect] = [.openAI, .anthropic]

    var path: String { self == .openAI ? "/v1/chat/completions" : "/v1/messages" }

    /// A request to `model`, with `more` members.
    func body(_ model: String, streamed: Bool = false, _ more: String = "") -> String {
        """
        {"model":"\(model)","messages":[{"role":"user","content":"grüezi"}],"max_tokens":64,"stream":\(streamed)\(more)}
        """
    }

    /// What its SDK sends with every request.
    var fields: HTTPFields {
        var fields: HTTPFields = [.contentType: "application/json"]
        if self == .anthropic, let version = HTTPFieldName("anthropic-version") { fields.append(version, "2023-06-01") }
        return fields
    }
}

extension GatewayGround {
    /// Begins a request.
    func open(
        _ method: HTTPMethod,
        _ target: String,
        _ fields: HTTPFields,
        body: ClientRequest.Body = .empty
    ) async throws -> ClientResponse {
        let url = try ClientURL("http://127.0.0.1:\(port)\(target)")
        return try await client.send(ClientRequest(method, url, fields: fields, body: body))
    }

    /// Asks, and takes all of the answer.
    func take(
        _ method: HTTPMethod,
        _ target: String,
        _ fields: HTTPFields,
        body: ClientRequest.Body = .empty
    ) async throws -> ChatAnswered {
        let response = try await open(method, target, fields, body: body)
        let bytes = try await response.body.collect(upTo: 4_000_000)
        return ChatAnswered(
            status: response.status.code,
            fields: response.fields,
            text: String(decoding: bytes, as: UTF8.self)
        )
    }

    /// A chat with `model`.
    func chat(
        _ dialect: ChatDialect,
        _ model: String,
        streamed: Bool = false,
        _ more: String = "",
        fields: HTTPFields? = nil
    ) async throws -> ChatAnswered {
        let body = dialect.body(model, streamed: streamed, more)
        return try await take(.post, dialect.path, fields ?? dialect.fields, body: .bytes(Array(body.utf8)))
    }
}
