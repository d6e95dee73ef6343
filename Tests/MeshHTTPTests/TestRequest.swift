import MeshCore
import MeshHTTP
import MeshIO

/// Requests as a server would hand them over.
enum TestRequest {
    static func make(
        _ method: HTTPMethod = .get,
        _ target: String,
        authority: String = "node.test",
        fields: HTTPFields = HTTPFields(),
        body: RequestBody = .empty,
        version: HTTPVersion = .http11
    ) -> HTTPRequest {
        guard let target = RequestTarget(target) else { preconditionFailure("\(target) is no target") }
        return HTTPRequest(
            method: method,
            target: target,
            authority: authority,
            version: version,
            fields: fields,
            body: body,
            client: HTTPClientIdentity(address: SocketAddress(ipv4: (127, 0, 0, 1), port: 9), isSecure: false),
            id: RequestID(UniqueID(high: 1, low: 2))
        )
    }
}
