internal import MeshCore

/// How large a request may be.
package struct RequestLimits: Hashable, Sendable {
    /// Bytes of the request line and the fields.
    package var headBytes = Limits.HTTPServer.maximumHeadBytes

    /// Bytes of the target.
    package var targetBytes = Limits.HTTPServer.maximumTargetBytes

    /// Fields.
    package var fields = Limits.HTTPServer.maximumFields

    /// Bytes of the body.
    package var bodyBytes = Limits.HTTPServer.maximumBodyBytes

    /// The defaults.
    package init() {}
}
