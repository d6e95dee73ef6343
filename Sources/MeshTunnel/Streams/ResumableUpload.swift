internal import MeshActors
internal import MeshCore
internal import MeshWire

/// Sends content to the other end of a tunnel, whatever becomes of the tunnel.
///
/// Before each attempt the receiver is asked how far it is; the content is whole when it says so.
package struct ResumableUpload: Sendable {
    private let name: StreamName
    private let source: any ByteSource
    private let streams: TunnelStreams

    /// What an upload took.
    package struct Outcome: Hashable, Sendable {
        /// Bytes that were handed over, those that were handed over again included.
        package internal(set) var bytesHandedOver = UInt64(0)

        /// Streams that were opened for the content.
        package internal(set) var streams = 0
    }

    /// The content of `source`, which the receiver shall call `name`.
    package init(_ name: StreamName, of source: any ByteSource, over streams: TunnelStreams) {
        self.name = name
        self.source = source
        self.streams = streams
    }

    /// Returns once the receiver has all of it; cancelling the task gives it up, and may be gone on with later.
    package func run() async throws(StreamError) -> Outcome {
        var outcome = Outcome()
        var attempts = StreamAttempts()
        var reached: UInt64?
        while true {
            let failure: TransportError
            do throws(Obstacle) {
                let progress = try await progress()
                // What the receiver has counts, not what was written.
                if let before = reached, progress.received > before { attempts.progressed() }
                reached = progress.received
                if try isWhole(progress) { return outcome }
                if try isWhole(try await send(from: progress.received, &outcome)) { return outcome }
                failure = TransportError(.lost, "the receiver has not said that it has all")
            } catch {
                switch error {
                case .lasting(let error): throw error
                case .channel(let error): failure = error
                }
            }
            guard !Task.isCancelled else { throw .wasCancelled }
            try await streams.pause(try attempts.failed(failure))
        }
    }

    /// What stops an attempt: for good, or until the next.
    private enum Obstacle: Error {
        case lasting(StreamError)
        case channel(TransportError)
    }

    private func isWhole(_ progress: UploadProgress) throws(Obstacle) -> Bool {
        let isLess = progress.received < source.length
        guard progress.received <= source.length, !(progress.isComplete && isLess) else {
            let what = "the receiver has \(progress.received) bytes of something else"
            throw .lasting(StreamError(.mismatch, "\(what), ours are \(source.length)"))
        }
        return progress.isComplete
    }

    private func progress() async throws(Obstacle) -> UploadProgress {
        do throws(TransportError) {
            let channel = try await streams.open(StreamPurpose(.progress, name), offset: 0)
            defer { channel.cancel() }
            try await channel.finish()
            return try await Self.answer(of: channel)
        } catch {
            throw .channel(error)
        }
    }

    private func send(from start: UInt64, _ outcome: inout Outcome) async throws(Obstacle) -> UploadProgress {
        do throws(TransportError) {
            let channel = try await streams.open(StreamPurpose(.put, name), offset: start)
            defer { channel.cancel() }
            outcome.streams += 1
            var offset = start
            while offset < source.length {
                let count = Int(min(UInt64(Limits.Streams.pieceBytes), source.length - offset))
                let piece = await read(at: offset, count: count)
                guard let piece else { break }
                outcome.bytesHandedOver += UInt64(piece.count)
                try await channel.write(piece)
                offset += UInt64(piece.count)
            }
            if offset == source.length {
                try await channel.finish()
                return try await Self.answer(of: channel)
            }
        } catch {
            // A receiver that is elsewhere by now is asked again where.
            if (error.cause as? ErrorFrame)?.code == .offsetRefused {
                throw .channel(TransportError(.lost, error.message))
            }
            throw .channel(error)
        }
        throw .lasting(StreamError(.sourceFailed, "the content of '\(name.text)' cannot be read to its end"))
    }

    /// The next bytes of our own content; nil where it does not give any.
    private func read(at offset: UInt64, count: Int) async -> [UInt8]? {
        guard let piece = try? await source.read(at: offset, count: count) else { return nil }
        return (1...count).contains(piece.count) ? piece : nil
    }

    private static func answer(of channel: any ByteChannel) async throws(TransportError) -> UploadProgress {
        var bytes: [UInt8] = []
        while let more = try await channel.read() {
            bytes += more
            guard bytes.count <= Limits.Streams.maximumProgressBytes else { break }
        }
        do throws(WireError) {
            return try UploadProgress(wireBytes: bytes)
        } catch {
            let why = "the receiver's answer cannot be read"
            throw TransportError(.lost, why, cause: ErrorFrame(code: .protocolViolation, message: why))
        }
    }
}
