import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import MeshWire
import Testing

@Suite(.timeLimit(.minutes(2))) struct `A stream of bytes` {
    @Test func `a stream whose server stops is lost, since it had begun`() async throws {
        try await LinkPair.run { pair in
            let hub = pair.hub
            let serving = Task {
                await hub.serveStreams(for: "halt") { while try await $0.read() != nil {} }
            }
            while !(await hub.serves(streamsFor: ["halt"])) {}
            let node = try await pair.connect()
            let stream = try await pair.edge.openStream(to: node, purpose: "halt")
            try await stream.write([1])
            while await hub.statistics(to: try NodeID("laptop-7"))?.streams.count != 2 { try Task.checkCancellation() }
            serving.cancel()
            let error = await #expect(throws: TransportError.self) { _ = try await stream.read() }
            #expect(error?.code == .lost)
            await serving.value
        }
    }

    @Test func `is served in the trace of who opened it`() async throws {
        try await LinkPair.run { pair in
            let hub = pair.hub
            let serving = Task {
                await hub.serveStreams(for: "trace") { stream in
                    while try await stream.read() != nil {}
                    try await stream.write(Array((TraceContext.current?.traceID ?? "none").utf8))
                }
            }
            while !(await hub.serves(streamsFor: ["trace"])) {}
            let node = try await pair.connect()
            let trace = try #require(TraceContext(high: 1, low: 2, span: 3, flags: 1))
            for (bound, expected) in [(trace, trace.traceID), (nil, "none")] {
                let stream = try await TraceContext.$current.withValue(bound) {
                    try await pair.edge.openStream(to: node, purpose: "trace")
                }
                try await stream.finish()
                var bytes: [UInt8] = []
                while let piece = try await stream.read() { bytes += piece }
                #expect(String(decoding: bytes, as: UTF8.self) == expected)
            }
            serving.cancel()
            await serving.value
        }
    }

    @Test func `comes back as it was sent, from its offset on`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let stream = try await pair.edge.openStream(to: node, purpose: "echo", offset: 1_000_000)
            #expect(stream.offset == 1_000_000)
            let sent = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
            async let isWritten: Void = Self.write(sent, to: stream)
            var received: [UInt8] = []
            while let bytes = try await stream.read() {
                #expect(bytes.count <= Limits.ByteStream.chunkBytes)
                received += bytes
            }
            try await isWritten
            #expect(received == sent)
        }
    }

    private static func write(_ bytes: [UInt8], to stream: ByteStream) async throws {
        try await stream.write(bytes)
        try await stream.finish()
    }

    @Test func `of a hundred megabytes needs no more memory than one of ten`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let small = try await Self.echo(megabytes: 10, over: pair, node)
            let large = try await Self.echo(megabytes: 100, over: pair, node)
            // Both have filled what may be filled, and no more: nothing grows with the length.
            #expect(large < 16 * 1_048_576, "\(small) and \(large) bytes were held at most")
        }
    }

    /// Returns how much both transports held at most.
    private static func echo(megabytes: Int, over pair: LinkPair, _ node: NodeID) async throws -> Int {
        let stream = try await pair.edge.openStream(to: node, purpose: "echo")
        let piece = [UInt8](repeating: 0x5A, count: 1_000_000)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<megabytes { try await stream.write(piece) }
                try await stream.finish()
            }
            var (received, looked, peak) = (0, 0, 0)
            while let bytes = try await stream.read() {
                received += bytes.count
                guard received - looked > 500_000 else { continue }
                looked = received
                peak = max(peak, try await Self.heldBytes(pair, node))
            }
            #expect(received == megabytes * 1_000_000)
            try await group.waitForAll()
            return peak
        }
    }

    /// What waits to be acknowledged, and what has arrived and was not taken, on both sides.
    private static func heldBytes(_ pair: LinkPair, _ node: NodeID) async throws -> Int {
        let there = try await pair.hub.statistics(to: NodeID("laptop-7"))?.streams ?? []
        let here = await pair.edge.statistics(to: node)?.streams ?? []
        return (there + here).reduce(0) { $0 + $1.heldBytes + $1.untakenBytes }
    }

    @Test func `that nobody reads stops its writer, and holds up no request`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let isLetGo = OneShot<Bool>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await pair.hub.serveStreams(for: "slow") { stream in
                        _ = try await isLetGo.wait()
                        while try await stream.read() != nil {}
                    }
                }
                let stream = try await Self.slowStream(to: node, of: pair)
                let written = Lock(0)
                group.addTask {
                    let piece = [UInt8](repeating: 1, count: 50_000)
                    for _ in 0..<400 {
                        try await stream.write(piece)
                        written.withLock { $0 += piece.count }
                    }
                    try await stream.finish()
                }
                for _ in 0..<200 { #expect(try await pair.ask(node)) }
                let statistics = try #require(await pair.edge.statistics(to: node)?.streams.last)
                #expect(statistics.unsentBytes <= Limits.Stream.highWaterBytes + 2 * Limits.ByteStream.chunkBytes)
                #expect(statistics.heldBytes < Limits.Stream.maximumHeldBytes)
                #expect(written.withLock { $0 } < 400 * 50_000, "the writer was not stopped")
                isLetGo.open(true)
                #expect(try await stream.read() == nil)
                group.cancelAll()
            }
            #expect(Limits.Stream.lowWaterBytes < Limits.Stream.highWaterBytes)
        }
    }

    /// A stream for "slow", as soon as somebody serves it.
    private static func slowStream(to node: NodeID, of pair: LinkPair) async throws -> ByteStream {
        while !(await pair.hub.serves(streamsFor: ["slow"])) {}
        return try await pair.edge.openStream(to: node, purpose: "slow")
    }

    @Test func `for a purpose that nobody serves is refused`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let stream = try await pair.edge.openStream(to: node, purpose: "nonsense")
            await #expect(throws: TransportError(.unreachable, "")) { _ = try await stream.read() }
            await #expect(throws: TransportError(.unreachable, "")) { try await stream.write([1]) }
        }
    }

    @Test func `whose handler fails says so, and the next one works`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await pair.hub.serveStreams(for: "slow") { _ in throw CancellationError() } }
                let stream = try await Self.slowStream(to: node, of: pair)
                await #expect(throws: TransportError(.lost, "")) { _ = try await stream.read() }
                group.cancelAll()
            }
            #expect(try await pair.ask(node))
        }
    }

    @Test func `ends for the other side when it is cancelled or let go`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let ended = OneShot<TransportErrorCode>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await pair.hub.serveStreams(for: "slow") { stream in
                        do throws(TransportError) {
                            while try await stream.read() != nil {}
                        } catch {
                            ended.open(error.code)
                        }
                    }
                }
                let stream = try await Self.slowStream(to: node, of: pair)
                stream.cancel()
                #expect(try await ended.wait() == .lost)
                group.cancelAll()
            }
        }
    }

    @Test func `is over when the link is`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let stream = try await pair.edge.openStream(to: node, purpose: "echo")
            try await stream.write([1])
            #expect(try await stream.read() == [1])
            let last = Task { try await stream.read() }
            await pair.hub.close("the end")
            await #expect(throws: TransportError(.lost, "")) { _ = try await last.value }
        }
    }
}
