package import MeshCore

/// Where received content goes: it knows how much it has, also after a restart of its node.
///
/// Used by one task at a time.
package protocol ByteSink: Sendable {
    /// How far it is.
    func progress() async throws -> UploadProgress

    /// Takes the bytes behind the last.
    func append(_ bytes: [UInt8]) async throws

    /// The content is whole; no further call follows but ``progress()``.
    func complete() async throws
}

/// Where a node puts what others send by name.
package protocol ByteSinks: Sendable {
    /// Where content called `name` of `node` goes; nil where it is not wanted.
    ///
    /// Two nodes never share a sink.
    func sink(named name: StreamName, from node: NodeID) async throws -> (any ByteSink)?
}
