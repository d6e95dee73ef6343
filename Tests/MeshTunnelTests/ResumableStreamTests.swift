import MeshActors
import MeshCore
import MeshTestKit
import MeshTunnel
import MeshWire
import Testing

@Suite(.timeLimit(.minutes(2))) struct `A resumable stream` {
    /// Content whose bytes tell where they stand.
    private static func content(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    /// Runs `body` while what `opener` opens is served.
    private static func serving<Value: Sendable>(
        _ opener: MemoryOpener,
        _ downloads: DownloadShelf,
        _ uploads: UploadShelf,
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { streams in
                    while let channel = await opener.served.next() {
                        streams.addTask { await Self.serve(channel, downloads, uploads) }
                    }
                    streams.cancelAll()
                }
            }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    private static func serve(_ channel: MemoryChannel, _ downloads: DownloadShelf, _ uploads: UploadShelf) async {
        do {
            if channel.purpose.hasPrefix("get/") {
                try await downloads.serve(channel)
            } else {
                try await uploads.serve(channel)
            }
        } catch let refusal as ErrorFrame {
            channel.link.cut(TransportError(.lost, "refused", cause: refusal))
        } catch {
            channel.link.cut()
        }
    }

    private static func streams(_ opener: MemoryOpener, _ clock: any MeshCore.Clock) -> TunnelStreams {
        TunnelStreams(opener: opener, clock: clock) { () async throws(CancellationError) in }
    }

    @Test(arguments: UInt64(0)..<150)
    func `delivers its content exactly once, wherever it is cut`(seed: UInt64) throws {
        let outcome = try SeededRun.run(seed: seed) { world -> (down: [UInt8], up: [UInt8], two: Bool, ends: Bool) in
            var generator = world.generator
            let content = Self.content(generator.integer(below: 200_000))
            let opener = try MemoryOpener(generator.split(), cuts: 8)
            let sink = MemorySink(clock: world.clock)
            let (downloads, uploads) = (DownloadShelf(MemorySource(content)), UploadShelf(sink))
            let streams = Self.streams(opener, world.clock)
            let name = try StreamName("model.bin")
            let down = try await Self.serving(opener, downloads, uploads) { () -> [UInt8] in
                _ = try await ResumableUpload(name, of: MemorySource(content), over: streams).run()
                let again = try MemoryOpener(generator.split(), cuts: 8)
                return try await Self.serving(again, downloads, uploads) {
                    var received: [UInt8] = []
                    var pieces = ResumableDownload(name, over: Self.streams(again, world.clock)).makeAsyncIterator()
                    while let bytes = try await pieces.next() { received += bytes }
                    return received
                }
            }
            return (down, sink.bytes, sink.hadTwoWriters, sink.isComplete && down == content && sink.bytes == content)
        }
        let result = try outcome.result.get()
        #expect(result.ends)
        #expect(!result.two)
    }

    @Test func `of which nothing passes any more is given up after so many attempts`() throws {
        let outcome = try SeededRun.run(seed: 1) { world -> (StreamErrorCode?, Int, Duration) in
            let opener = try MemoryOpener(world.generator, cuts: 0)
            // Nobody serves: what is offered beyond the room is unreachable.
            _ = opener.served.close()
            let start = world.clock.now
            let code = await Self.failure(of: "model.bin", Self.streams(opener, world.clock))
            return (code, opener.opened, world.clock.now - start)
        }
        let (code, opened, took) = try outcome.result.get()
        #expect(code == .givenUp)
        #expect(opened == Limits.Streams.attemptsWithoutProgress)
        #expect(took > Limits.Streams.firstPause * 2 && took < Limits.Streams.longestPause * 10)
    }

    private static func failure(
        of name: String,
        from offset: UInt64 = 0,
        _ streams: TunnelStreams
    ) async -> StreamErrorCode? {
        do {
            for try await _ in ResumableDownload(try StreamName(name), from: offset, over: streams) {}
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `is refused by an unknown name, and by an offset behind the end`() throws {
        let outcome = try SeededRun.run(seed: 2) { world -> [StreamErrorCode?] in
            let opener = try MemoryOpener(world.generator, cuts: 0)
            let sink = MemorySink(clock: world.clock)
            let streams = Self.streams(opener, world.clock)
            return try await Self.serving(opener, DownloadShelf(MemorySource([1, 2, 3])), UploadShelf(sink)) {
                var codes = [await Self.failure(of: "nonsense", streams)]
                codes.append(await Self.failure(of: "model.bin", from: 4, streams))
                codes.append(await Self.failure(of: "model.bin", from: 3, streams))
                do {
                    _ = try await ResumableUpload(
                        try StreamName("nonsense"),
                        of: MemorySource([1]),
                        over: streams
                    ).run()
                } catch let error as StreamError {
                    codes.append(error.code)
                }
                return codes
            }
        }
        #expect(try outcome.result.get() == [.notFound, .beyondEnd, nil, .notFound])
    }

    @Test func `does not take a stream that begins elsewhere`() throws {
        let outcome = try SeededRun.run(seed: 3) { world -> StreamErrorCode? in
            let opener = try MemoryOpener(world.generator, cuts: 0, shift: 1)
            let sink = MemorySink(clock: world.clock)
            let streams = Self.streams(opener, world.clock)
            return try await Self.serving(opener, DownloadShelf(MemorySource([1, 2, 3])), UploadShelf(sink)) {
                await Self.failure(of: "model.bin", streams)
            }
        }
        #expect(try outcome.result.get() == .givenUp)
    }

    @Test func `finds out that the receiver has another content of its name`() throws {
        let outcome = try SeededRun.run(seed: 4) { world -> StreamErrorCode? in
            let opener = try MemoryOpener(world.generator, cuts: 0)
            let sink = MemorySink(clock: world.clock)
            try await sink.append([1, 2, 3])
            let streams = Self.streams(opener, world.clock)
            return try await Self.serving(opener, DownloadShelf(MemorySource([])), UploadShelf(sink)) {
                do {
                    let name = try StreamName("model.bin")
                    _ = try await ResumableUpload(name, of: MemorySource([1, 2]), over: streams).run()
                    return nil
                } catch {
                    return (error as? StreamError)?.code
                }
            }
        }
        #expect(try outcome.result.get() == .mismatch)
    }

    @Test func `ends with its task, and says so`() throws {
        let outcome = try SeededRun.run(seed: 5) { world -> StreamErrorCode? in
            let opener = try MemoryOpener(world.generator, cuts: 0)
            let streams = Self.streams(opener, world.clock)
            // Nobody takes what is opened: the read waits.
            return await withTaskGroup(of: StreamErrorCode?.self) { group in
                group.addTask { await Self.failure(of: "model.bin", streams) }
                try? await world.clock.sleep(for: .seconds(1))
                group.cancelAll()
                return await group.next() ?? nil
            }
        }
        #expect(try outcome.result.get() == .cancelled)
    }

    @Test func `of an older attempt takes nothing more once a newer one asks how far it is`() throws {
        let outcome = try SeededRun.run(seed: 6) { world -> (UploadProgress, [UInt8], Bool) in
            let sink = MemorySink(clock: world.clock)
            let shelf = UploadShelf(sink)
            let node = try NodeID("laptop-7")
            return try await withThrowingTaskGroup(of: Void.self) { group in
                let old = MemoryLink()
                let oldHere = MemoryChannel(old, side: 0, node, "put/model.bin", 0)
                group.addTask { try? await shelf.serve(MemoryChannel(old, side: 1, node, "put/model.bin", 0)) }
                for byte in UInt8(1)...4 { try await oldHere.write([byte]) }
                while sink.bytes.isEmpty { try await world.clock.sleep(for: .milliseconds(1)) }
                let asked = MemoryLink()
                let askedHere = MemoryChannel(asked, side: 0, node, "progress/model.bin", 0)
                group.addTask { try? await shelf.serve(MemoryChannel(asked, side: 1, node, "progress/model.bin", 0)) }
                try await askedHere.finish()
                let progress = try UploadProgress(wireBytes: try await askedHere.read() ?? [])
                let isOver = (try? await oldHere.write([5])) == nil
                try await group.waitForAll()
                return (progress, sink.bytes, isOver)
            }
        }
        let (progress, bytes, isOver) = try outcome.result.get()
        #expect(progress == UploadProgress(received: UInt64(bytes.count), isComplete: false))
        #expect(bytes == Array([1, 2, 3, 4].prefix(bytes.count)))
        #expect(isOver)
    }

    @Test func `has a name that fits its purpose, and nothing else`() throws {
        let longest = String(repeating: "n", count: Limits.Streams.maximumNameBytes)
        let longestPurpose = StreamPurpose(.progress, try StreamName(longest)).text
        #expect(longestPurpose.utf8.count == Limits.ByteStream.maximumPurposeBytes)
        #expect(StreamPurpose(longestPurpose)?.name.text == longest)
        for text in ["", longest + "n", "a/b", "ä", "a b", "a\0"] {
            #expect(throws: StreamError(.malformedName, "")) { try StreamName(text) }
        }
        for text in ["get", "get/", "take/a", "/a", "get/a/b"] { #expect(StreamPurpose(text) == nil) }
    }

    @Test func `is refused where too many names are received at a time`() throws {
        let outcome = try SeededRun.run(seed: 7) { world -> PeerErrorCode? in
            let shelf = UploadShelf(AnySink(clock: world.clock))
            let node = try NodeID("laptop-7")
            return try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<Limits.Streams.maximumUploads {
                    let channel = MemoryChannel(MemoryLink(), side: 1, node, "put/\(number)", 0)
                    group.addTask { try? await shelf.serve(channel) }
                }
                try await world.clock.sleep(for: .seconds(1))
                defer { group.cancelAll() }
                do {
                    try await shelf.serve(MemoryChannel(MemoryLink(), side: 1, node, "put/one-more", 0))
                    return nil
                } catch {
                    return (error as? ErrorFrame)?.code
                }
            }
        }
        #expect(try outcome.result.get() == .overloaded)
    }

    @Test func `is not believed by an endless answer`() throws {
        let outcome = try SeededRun.run(seed: 8) { world -> StreamErrorCode? in
            let opener = try MemoryOpener(world.generator, cuts: 0)
            return await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    guard let channel = await opener.served.next() else { return }
                    while (try? await channel.write([UInt8](repeating: 0, count: 40))) != nil {}
                }
                defer { group.cancelAll() }
                do {
                    let streams = Self.streams(opener, world.clock)
                    let name = try StreamName("model.bin")
                    _ = try await ResumableUpload(name, of: MemorySource([1]), over: streams).run()
                    return nil
                } catch {
                    return (error as? StreamError)?.code
                }
            }
        }
        #expect(try outcome.result.get() == .refused)
        #expect(
            UploadProgress(received: .max >> 2, isComplete: true).wireBytes.count < Limits.Streams.maximumProgressBytes
        )
    }

    @Test func `hands over no more than a piece at a time`() async throws {
        let source = MemorySource(Self.content(100_000))
        let link = MemoryLink()
        let channel = MemoryChannel(link, side: 1, try NodeID("laptop-7"), "get/model.bin", 0)
        let here = MemoryChannel(link, side: 0, try NodeID("laptop-7"), "get/model.bin", 0)
        async let serving: Void = DownloadShelf(source).serve(channel)
        try await here.finish()
        while let bytes = try await here.read() { #expect(bytes.count <= Limits.Streams.pieceBytes) }
        try await serving
        #expect(source.bytesTaken == 100_000)
    }
}

/// Takes everything, each name by itself.
private struct AnySink: ByteSinks {
    let clock: any MeshCore.Clock

    func sink(named name: StreamName, from node: NodeID) async throws -> (any ByteSink)? { MemorySink(clock: clock) }
}
