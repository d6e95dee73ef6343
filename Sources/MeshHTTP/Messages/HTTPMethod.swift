/// What a request wants done (RFC 9110 §9).
package struct HTTPMethod: Hashable, Sendable {
    /// The word on the wire, which knows upper and lower case.
    package let name: String

    /// A method that the parser has let through, or one of ours.
    package init(_ name: String) { self.name = name }

    /// Reads.
    package static let get = HTTPMethod("GET")
    /// Reads, without the body.
    package static let head = HTTPMethod("HEAD")
    /// Hands something in.
    package static let post = HTTPMethod("POST")
    /// Puts something in its place.
    package static let put = HTTPMethod("PUT")
    /// Changes a part.
    package static let patch = HTTPMethod("PATCH")
    /// Takes away.
    package static let delete = HTTPMethod("DELETE")
    /// Asks what may be done.
    package static let options = HTTPMethod("OPTIONS")
    /// Asks for a tunnel, which this server never gives.
    package static let connect = HTTPMethod("CONNECT")
}
