internal import MeshActors
internal import MeshCore

/// Content of the other end of a tunnel, from an offset on, whatever becomes of the tunnel: each byte once, in order.
///
/// Where a stream breaks, the next begins behind the last byte that was delivered. Whoever stops before the end lets go
/// of the iterator, or cancels the task; both end the stream.
package struct ResumableDownload: AsyncSequence, Sendable {
    /// Bytes as they arrived.
    package typealias Element = [UInt8]
    /// Why there are no more.
    package typealias Failure = StreamError

    private let streams: TunnelStreams
    private let purpose: StreamPurpose
    private let offset: UInt64

    /// The content called `name` from `offset` on.
    package init(_ name: StreamName, from offset: UInt64 = 0, over streams: TunnelStreams) {
        self.streams = streams
        purpose = StreamPurpose(.get, name)
        self.offset = offset
    }

    /// Begins anew at the offset of the sequence.
    package func makeAsyncIterator() -> Iterator { Iterator(streams, purpose, offset) }

    /// One passage over the content.
    package struct Iterator: AsyncIteratorProtocol {
        private let streams: TunnelStreams
        private let purpose: StreamPurpose
        private var channel: (any ByteChannel)?
        private var attempts = StreamAttempts()
        private var isOver = false

        /// Where the next byte stands in the content.
        package private(set) var offset: UInt64

        init(_ streams: TunnelStreams, _ purpose: StreamPurpose, _ offset: UInt64) {
            self.streams = streams
            self.purpose = purpose
            self.offset = offset
        }

        /// The next bytes; nil behind the last, and behind an error.
        package mutating func next() async throws(StreamError) -> [UInt8]? { try await next(isolation: nil) }

        /// The next bytes; nil behind the last, and behind an error.
        package mutating func next(isolation actor: isolated (any Actor)?) async throws(StreamError) -> [UInt8]? {
            do throws(StreamError) {
                while !isOver {
                    if let bytes = try await attempt(isolation: actor) { return bytes }
                }
                return nil
            } catch {
                end()
                throw error
            }
        }

        /// The next bytes; nil where the content has ended, or the channel has.
        private mutating func attempt(isolation actor: isolated (any Actor)?) async throws(StreamError) -> [UInt8]? {
            let failure: TransportError
            do throws(TransportError) {
                let channel = try await opened(isolation: actor)
                guard let bytes = try await channel.read() else {
                    end()
                    return nil
                }
                offset += UInt64(bytes.count)
                attempts.progressed()
                return bytes
            } catch {
                failure = error
            }
            channel?.cancel()
            channel = nil
            guard !Task.isCancelled else { throw .wasCancelled }
            try await streams.pause(try attempts.failed(failure))
            return nil
        }

        private mutating func opened(
            isolation actor: isolated (any Actor)?
        ) async throws(TransportError) -> any ByteChannel {
            if let channel { return channel }
            let opened = try await streams.open(purpose, offset: offset)
            channel = opened
            guard opened.offset == offset else {
                throw TransportError(.lost, "asked for a stream from \(offset) on, got one from \(opened.offset) on")
            }
            // Nothing is said on it but what it is for.
            try await opened.finish()
            return opened
        }

        private mutating func end() {
            isOver = true
            channel?.cancel()
            channel = nil
        }
    }
}
