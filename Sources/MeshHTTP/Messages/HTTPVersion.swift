/// The version of HTTP that a message came in.
package enum HTTPVersion: String, Hashable, Sendable {
    /// Without chunks, and one request a connection unless asked for more.
    case http10 = "HTTP/1.0"
    /// What most clients speak.
    case http11 = "HTTP/1.1"
    /// What the client side may get from others.
    case http2 = "HTTP/2"
    /// Over QUIC.
    case http3 = "HTTP/3"
}
