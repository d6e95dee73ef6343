internal import MeshCore
package import MeshHTTP

/// A test double of Stripe: answers each request by a script, and remembers what it was asked.
package final class ScriptedStripe: HTTPHandler {
    /// What it answers to a request, of which `number` came before.
    package typealias Script = @Sendable (_ asked: Asked, _ number: Int) -> Reply

    /// What it answers.
    package enum Reply: Sendable {
        /// Status, body and further fields.
        case answer(UInt16, String, HTTPFields = [:])
        /// The request was taken, and the connection ends in the middle of the answer.
        case cut
    }

    /// What it was asked.
    package struct Asked: Sendable {
        /// How.
        package var method: HTTPMethod
        /// For what, the query too.
        package var path: String
        /// Its fields.
        package var fields: HTTPFields
        /// Its form.
        package var body: String
    }

    /// What it was asked so far; for whoever waits for something.
    package let asked = Watched<[Asked]>([])
    private let script: Script

    /// Answers by `script`.
    package init(_ script: @escaping Script) { self.script = script }

    /// What it was asked so far, in order.
    package var all: [Asked] { asked.value }

    package func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        let body = String(decoding: try await request.body.collect(upTo: 1_000_000), as: UTF8.self)
        let one = Asked(method: request.method, path: request.target.text, fields: request.fields, body: body)
        let number = asked.value.count
        asked.change { $0.append(one) }
        switch script(one, number) {
        case .answer(let status, let text, var fields):
            fields.append(.contentType, "application/json")
            return HTTPResponse(HTTPStatus(status), fields: fields, body: .bytes(Array(text.utf8)))
        case .cut:
            return HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    try await writer.write("{")
                    throw HTTPError(.closed, "as the script says")
                }
            )
        }
    }
}
