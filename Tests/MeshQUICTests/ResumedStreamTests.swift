import Glibc
import MeshActors
import MeshCore
import MeshIO
import MeshProxy
import MeshQUIC
import MeshTestKit
import MeshTunnel
import MeshWire
import Testing

/// Content each way over a path that is cut; `MESHNODE_STREAM_MEGABYTES=100 MESHNODE_STREAM_CUTS=5` make it large.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `A stream that is gone on with` {
    /// 10 MB/s and 10 ms there and back; so much may wait at its narrowest place.
    private static var rule: LinkRule {
        var rule = LinkRule()
        rule.bytesPerSecond = 10_000_000
        rule.queueBytes = 32 * 1_024
        rule.delay = .milliseconds(5)
        return rule
    }

    private static let length = number("MESHNODE_STREAM_MEGABYTES", 8) * 1_000_000
    private static let cuts = number("MESHNODE_STREAM_CUTS", 2)

    private static func number(_ name: String, _ normally: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? normally
    }

    /// What was sent twice, as the application sees it and as the streams do.
    private struct Figures {
        let handedOverTwice: UInt64
        let streamBytesBeyond: Int
        let carried: UInt64
    }

    /// Cuts `link` at equal distances, as `places` says how far the content is.
    private static func cut(_ link: CutLink, at places: Intake<Int>) async throws {
        for number in 0..<cuts {
            guard await places.next() != nil else { return }
            try await link.cut(CutLink.Manner.allCases[number % 2])
        }
    }

    /// Tells `places` whenever the next of the equal parts is there.
    private static func teller(_ places: Intake<Int>) -> @Sendable (UInt64) -> Void {
        let next = Lock(1)
        return { received in
            next.withLock { next in
                guard next <= cuts, received >= UInt64(length / (cuts + 1) * next) else { return }
                _ = places.offer(next)
                next += 1
            }
        }
    }

    private static func expectLittle(_ figures: Figures, _ what: String) {
        // One percent of 100 MB, for five cuts.
        let allowed = 200_000 * cuts
        print(
            "\(what): \(length) bytes, \(cuts) cuts, handed over twice \(figures.handedOverTwice),",
            "stream bytes beyond the length \(figures.streamBytesBeyond), carried \(figures.carried)"
        )
        #expect(figures.handedOverTwice < allowed)
        #expect(figures.streamBytesBeyond < allowed)
    }

    @Test func `comes down whole, and little of it is sent twice`() async throws {
        try await LinkPair.run { pair in
            let link = try await CutLink.open(pair, Self.rule)
            let content = CountedContent(length: Self.length, seed: 1)
            let shelf = DownloadShelf(content)
            let places = Intake<Int>(capacity: 16)
            let told = Self.teller(places)
            let hash = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await pair.hub.serveStreams(for: "get") { try await shelf.serve($0) } }
                while !(await pair.hub.serves(streamsFor: ["get"])) {}
                group.addTask { try await Self.cut(link, at: places) }
                var (hash, received) = (SHA256(), UInt64(0))
                for try await bytes in ResumableDownload(try StreamName("model.bin"), over: link.streams) {
                    bytes.withUnsafeBytes { hash.update($0) }
                    received += UInt64(bytes.count)
                    told(received)
                }
                group.cancelAll()
                return hash
            }
            #expect(hash.finish() == content.digest)
            let sent = await pair.hub.statistics().endpoint.streamBytesSent
            let figures = Figures(
                handedOverTwice: content.bytesTaken - content.length,
                streamBytesBeyond: Int(sent) - Self.length,
                carried: try await link.carried().down
            )
            Self.expectLittle(figures, "download")
            try await link.close()
        }
    }

    @Test func `goes up whole, and little of it is sent twice`() async throws {
        try await LinkPair.run { pair in
            let link = try await CutLink.open(pair, Self.rule)
            let content = CountedContent(length: Self.length, seed: 2)
            let places = Intake<Int>(capacity: 16)
            let sink = HashingSink(reached: Self.teller(places))
            let shelf = UploadShelf(sink)
            let outcome = try await withThrowingTaskGroup(of: Void.self) { group in
                for word in ["put", "progress"] {
                    group.addTask { await pair.hub.serveStreams(for: word) { try await shelf.serve($0) } }
                }
                while !(await pair.hub.serves(streamsFor: ["put", "progress"])) {}
                group.addTask { try await Self.cut(link, at: places) }
                let upload = ResumableUpload(try StreamName("model.bin"), of: content, over: link.streams)
                let outcome = try await upload.run()
                group.cancelAll()
                return outcome
            }
            #expect(sink.digest == content.digest)
            #expect(outcome.streams == Self.cuts + 1)
            let sent = await pair.edge.statistics().endpoint.streamBytesSent
            let figures = Figures(
                handedOverTwice: outcome.bytesHandedOver - content.length,
                streamBytesBeyond: Int(sent) - Self.length,
                carried: try await link.carried().up
            )
            Self.expectLittle(figures, "upload")
            try await link.close()
        }
    }

    @Test func `has a name behind its purpose, and learns why it is refused`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let shelf = DownloadShelf(NoContent())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await pair.hub.serveStreams(for: "get") { try await shelf.serve($0) } }
                while !(await pair.hub.serves(streamsFor: ["get"])) {}
                let stream = try await pair.edge.openStream(to: node, purpose: "get/a")
                #expect(stream.name == "a")
                // The refusal may be there already.
                try? await stream.finish()
                do throws(TransportError) {
                    _ = try await stream.read()
                    Issue.record("there is nothing of that name")
                } catch {
                    #expect((error.cause as? ErrorFrame)?.code == .notFound)
                }
                // A word is known as a whole alone.
                for purpose in ["ge/a", "gett", "/a", "/"] {
                    let stream = try await pair.edge.openStream(to: node, purpose: purpose)
                    do throws(TransportError) {
                        _ = try await stream.read()
                        Issue.record("nobody serves '\(purpose)'")
                    } catch {
                        #expect(error.code == .unreachable)
                    }
                }
                group.cancelAll()
            }
        }
    }

    @Test func `keeps what has arrived when its link is lost`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let stream = try await pair.edge.openStream(to: node, purpose: "echo")
            try await stream.write([1, 2, 3])
            while await pair.edge.statistics(to: node)?.streams.last?.untakenBytes == 0 { try Task.checkCancellation() }
            await pair.hub.close("the end")
            while !(await pair.edge.connectedNodes()).isEmpty {}
            #expect(try await stream.read() == [1, 2, 3])
            await #expect(throws: TransportError(.lost, "")) { _ = try await stream.read() }
        }
    }

    @Test func `never waits for more room than a small window leaves`() async throws {
        try await LinkPair.run { pair in
            let link = try await CutLink.open(pair, Self.rule)
            let node = try NodeID("hub-1")
            let stream = try await pair.edge.openStream(to: node, purpose: "echo")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await stream.write([UInt8](repeating: 7, count: 2_000_000))
                    try await stream.finish()
                }
                var most = 0
                while try await stream.read() != nil {
                    guard let statistics = await pair.edge.statistics(to: node), let sent = statistics.streams.last
                    else {
                        continue
                    }
                    let allowed = max(Limits.Stream.leastUnsentBytes, statistics.path.congestionWindowBytes / 4)
                    most = max(most, sent.unsentBytes - allowed)
                }
                // A window that has just become smaller leaves what was written before.
                #expect(most <= Limits.Stream.highWaterBytes / 2)
                try await group.waitForAll()
            }
            try await link.close()
        }
    }
}

private struct NoContent: ByteSources {
    func source(named name: StreamName, for node: NodeID) async throws -> (any ByteSource)? { nil }
}
