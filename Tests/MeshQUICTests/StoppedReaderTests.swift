import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import MeshWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A peer that reads no more, and goes on sending` {
    @Test(arguments: [1_000, 2_000_000]) func `ends the wait of who writes to it`(window: Int) async throws {
        var options = LinkPair.Options()
        options.edge.streamWindow = window
        try await LinkPair.run(options) { pair in
            let failed = OneShot<TransportError>()
            let service = Task {
                await pair.hub.serveStreams(for: "pour") { stream in
                    do throws(TransportError) {
                        while true { try await stream.write([UInt8](repeating: 1, count: 100_000)) }
                    } catch {
                        failed.open(error)
                    }
                }
            }
            while !(await pair.hub.serves(streamsFor: ["pour"])) {}
            let received = OneShot<UInt64>()
            let reader = StopsReading(received)
            let open = StreamOpen(purpose: "pour", offset: 0).wireBytes
            let stranger = Stranger { connection in
                connection.openStream()?.write(Self.frame(.hello, Self.hello))
                let stream = connection.openStream()
                stream?.handler = reader
                stream?.write(Self.frame(.streamOpen, open))
            }
            try await stranger.connect(to: pair, with: options.edge)
            _ = try await received.wait()
            // Looked after last time so long ago that the stop is seen before the answer to our own reset.
            try await pair.clock.sleep(for: .milliseconds(50))
            try await pair.loop.run { reader.stopReading() }
            let error = try await failed.wait()
            #expect(error.code == .lost && error.message.contains("reads no more"), "\(error)")
            service.cancel()
            await service.value
            await stranger.end(on: pair.loop)
        }
    }

    private static var hello: [UInt8] {
        guard let node = try? NodeID("laptop-7") else { return [] }
        return Hello(role: .edge, node: node, software: "test/1").wireBytes
    }

    private static func frame(_ type: FrameType, _ payload: [UInt8]) -> [UInt8] {
        var writer = WireWriter()
        try? writer.writeFrame(type, payload: payload)
        return writer.array
    }
}

/// Takes nothing, and says that it reads no more when it is told to.
///
/// Touched on the loop alone.
private final class StopsReading: QUICStreamHandler, @unchecked Sendable {
    private let received: OneShot<UInt64>
    private var stream: QUICStream?

    init(_ received: OneShot<UInt64>) { self.received = received }

    func stopReading() { stream?.stopReading(code: 0) }

    func streamReceived(_ stream: QUICStream) {
        self.stream = stream
        received.open(0)
    }
    func streamHasRoom(_ stream: QUICStream) {}
    func streamClosed(_ stream: QUICStream, code: UInt64?) {}
}
