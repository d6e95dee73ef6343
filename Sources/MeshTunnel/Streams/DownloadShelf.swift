internal import MeshActors
internal import MeshCore
internal import MeshWire

/// Gives content away by name, from any offset: the serving half of ``ResumableDownload``.
package struct DownloadShelf: Sendable {
    private let sources: any ByteSources

    /// A shelf with the content of `sources`.
    package init(_ sources: any ByteSources) { self.sources = sources }

    /// Serves a stream for `get/<name>` to its end; an `ErrorFrame` that it throws is for the peer.
    package func serve(_ channel: any ByteChannel) async throws {
        guard let purpose = StreamPurpose(channel.purpose), purpose.word == .get,
            let source = try await sources.source(named: purpose.name, for: channel.node)
        else {
            throw ErrorFrame(code: .notFound, message: "there is nothing of that name")
        }
        guard channel.offset <= source.length else {
            throw ErrorFrame(code: .offsetRefused, message: "the content ends at \(source.length)")
        }
        var offset = channel.offset
        while offset < source.length {
            let count = Int(min(UInt64(Limits.Streams.pieceBytes), source.length - offset))
            let piece = try await source.read(at: offset, count: count)
            guard (1...count).contains(piece.count) else {
                throw ErrorFrame(code: .internalError, message: "the content cannot be read to its end")
            }
            try await channel.write(piece)
            offset += UInt64(piece.count)
        }
        try await channel.finish()
        try await channel.waitForEnd()
    }
}

extension ByteChannel {
    /// Returns once the peer has said its last, which has no bytes: letting go of the stream earlier would cut it.
    func waitForEnd() async throws {
        guard try await read() == nil else {
            throw ErrorFrame(code: .protocolViolation, message: "bytes where none are expected")
        }
    }
}
