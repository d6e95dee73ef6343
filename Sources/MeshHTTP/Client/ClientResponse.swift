/// An answer that we got: its head, and a body that is still coming.
package struct ClientResponse: Sendable {
    /// How it went.
    package let status: HTTPStatus

    /// The fields, names in lower case.
    package let fields: HTTPFields

    /// The version of HTTP that it came in.
    package let version: HTTPVersion

    /// The body, to be read once.
    ///
    /// Letting go of it before its end stops the request, and the server is told.
    package let body: ClientBody
}
