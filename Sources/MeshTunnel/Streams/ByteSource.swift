package import MeshCore

/// Content that can be read anywhere, and does not change while anybody goes on with it.
package protocol ByteSource: Sendable {
    /// How many bytes it has.
    var length: UInt64 { get }

    /// The bytes from `offset` on, at least one and at most `count`; asked only for what is before the end.
    func read(at offset: UInt64, count: Int) async throws -> [UInt8]
}

/// What a node gives away by name.
package protocol ByteSources: Sendable {
    /// The content called `name` as far as `node` may have it; nil where there is none for it.
    func source(named name: StreamName, for node: NodeID) async throws -> (any ByteSource)?
}
