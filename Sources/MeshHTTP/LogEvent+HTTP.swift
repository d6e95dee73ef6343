package import MeshCore

extension LogEvent {
    /// A handler failed with an error that is no answer.
    package static let requestFailed = LogEvent("http.request.failed")

    /// The machine has no room for another connection.
    static let acceptingPaused = LogEvent("http.accepting.paused")

    /// A request was answered, refused or left.
    static let request = LogEvent("http.request")

    /// Something happened to a connection.
    static let connection = LogEvent("http.connection")
}

extension LogKey {
    /// The pattern of a route.
    static let route = LogKey("route")
    /// What names a request.
    static let request = LogKey("request")
    /// What was wanted done.
    static let method = LogKey("method")
    /// The path, without the query.
    static let path = LogKey("path")
    /// How it went.
    static let status = LogKey("status")
    /// Bytes of the body that came.
    static let bytesIn = LogKey("bytes_in")
    /// Bytes of the body that went.
    static let bytesOut = LogKey("bytes_out")
    /// The client's address.
    static let client = LogKey("client")
    /// What happened to a connection.
    static let change = LogKey("change")
}
