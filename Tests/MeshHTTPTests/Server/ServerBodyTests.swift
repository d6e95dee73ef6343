import MeshCore
import MeshHTTP
import MeshIO
import MeshTestKit
import Testing

@Suite struct `A body on its way` {
    private static func post(_ fields: String, _ body: String = "") -> String {
        "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
    }

    private static func plain(_ text: String) -> HTTPResponse {
        HTTPResponse(type: "text/plain", bytes: Array(text.utf8))
    }

    @Test func `is asked for when the handler wants it`() async throws {
        try await ServerGround.run { request in
            Self.plain("\(try await request.body.collect(upTo: 100).count) bytes")
        } _: { ground in
            let client = try ground.connect()
            defer { client.close() }
            client.send(Self.post("Expect: 100-continue\r\nContent-Length: 3"))
            #expect(await client.read { $0.hasSuffix("\r\n\r\n") } == "HTTP/1.1 100 Continue\r\n\r\n")
            client.send("abc")
            #expect(await client.readAnswer().hasSuffix("3 bytes"))
        }
    }

    @Test func `that nobody reads is thrown away, or the connection ends behind the answer`() async throws {
        try await ServerGround.run { _ in
            Self.plain("no")
        } _: { ground in
            let short = Int(Limits.HTTPServer.maximumDrainedBytes)
            let client = try ground.connect()
            client.send(Self.post("Content-Length: \(short)"))
            #expect(await client.readAnswer().hasSuffix("no"))
            client.send([UInt8](repeating: 0, count: short))
            client.send(Self.post("Content-Length: \(short + 1)"))
            let last = await client.readAnswer()
            #expect(last.contains("connection: close") && last.hasSuffix("no"))
            client.send([UInt8](repeating: 0, count: short))
            #expect(await client.readToEnd().isEmpty)
            client.close()
        }
    }

    @Test func `that is too large is answered 413 at its head or where it grows too large`() async throws {
        var configuration = ServerConfiguration.patient
        configuration.limits.bodyBytes = 10
        try await ServerGround.run(configuration) { request in
            while try await request.body.next() != nil {}
            return Self.plain("")
        } _: { ground in
            #expect(try await ground.exchange(Self.post("Content-Length: 11")).hasPrefix("HTTP/1.1 413 "))
            let chunks = Self.post("Transfer-Encoding: chunked", "6\r\n123456\r\n6\r\n123456\r\n")
            #expect(try await ground.exchange(chunks).hasPrefix("HTTP/1.1 413 "))
            let collected = try await ground.exchange(Self.post("Transfer-Encoding: chunked", "zz\r\n"))
            #expect(collected.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func `holds the client back while nobody reads it`() async throws {
        let gate = Watched(false)
        try await ServerGround.run { request in
            _ = await gate.wait { $0 }
            var largest = 0
            var total = 0
            while let piece = try await request.body.next() {
                largest = max(largest, piece.count)
                total += piece.count
            }
            return Self.plain("\(total) \(largest)")
        } _: { ground in
            let client = try ground.connect()
            defer { client.close() }
            let bytes = 8 << 20
            client.send(Self.post("Content-Length: \(bytes)"))
            let sent = Watched(false)
            async let upload: Void = {
                await client.sendAll([UInt8](repeating: 1, count: bytes))
                sent.change { $0 = true }
            }()
            // Each turn of the loop would read more, if anybody wanted it.
            for _ in 0..<100 { try await ground.loop.run {} }
            #expect(!sent.value)
            gate.change { $0 = true }
            await upload
            let answer = await client.readAnswer()
            let words = answer.split(separator: "\r\n\r\n").last?.split(separator: " ").compactMap { Int($0) }
            let figures = try #require(words)
            #expect(figures[0] == bytes)
            #expect(figures[1] <= Limits.HTTPServer.bodyHighBytes + Limits.HTTPServer.readBytes)
        }
    }

    @Test func `that stalls is answered 408`() async throws {
        var configuration = ServerConfiguration.patient
        configuration.timeouts.bodyStall = .milliseconds(50)
        try await ServerGround.run(configuration) { request in
            Self.plain("\(try await request.body.collect(upTo: 100).count)")
        } _: { ground in
            let answer = try await ground.exchange(Self.post("Content-Length: 3", "ab"))
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func `may be read by a task of another executor`() async throws {
        try await ServerGround.run { request in
            let count = await Task.detached { try? await request.body.collect(upTo: 1_000_000).count }.value
            let body: ResponseBody = .stream(length: nil) { writer in
                try await Task.detached { try await writer.write("\(count ?? 0) bytes") }.value
            }
            return HTTPResponse(.ok, body: body)
        } _: { ground in
            let client = try ground.connect()
            defer { client.close() }
            client.send(Self.post("Content-Length: 200000\r\nConnection: close"))
            client.send([UInt8](repeating: 1, count: 200_000))
            #expect(await client.readToEnd().contains("200000 bytes"))
        }
    }

    @Test func `goes out no faster than the client takes it`() async throws {
        let written = Watched(0)
        let bytes = 64 << 20
        try await ServerGround.run { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: UInt64(bytes)) { writer in
                    let piece = [UInt8](repeating: 1, count: 65_536)
                    for _ in 0..<bytes / piece.count {
                        try await writer.write(piece)
                        written.change { $0 += piece.count }
                    }
                }
            )
        } _: { ground in
            let client = try ground.connect(receiveBytes: 65_536)
            defer { client.close() }
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            await written.wait { $0 > 0 }
            var before = -1
            while before != written.value {
                before = written.value
                for _ in 0..<50 { try await ground.loop.run {} }
            }
            // What the kernel holds and what the connection may hold.
            #expect(before < bytes / 4)
            #expect(await client.countToEnd() > bytes)
            #expect(written.value == bytes)
        }
    }

    @Test func `waits beyond its high bound and goes on at its low one`() async throws {
        let bursts = Watched<[Int]>([0])
        let isMarked = Watched(false)
        let loops = Watched<EventLoop?>(nil)
        try await ServerGround.run { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    let loop = await loops.wait { $0 != nil }
                    for _ in 0..<4_096 {
                        if !isMarked.value {
                            isMarked.change { $0 = true }
                            // Runs once the writer waits: on this loop nothing else does before.
                            _ = loop?.execute {
                                isMarked.change { $0 = false }
                                bursts.change { $0.append(0) }
                            }
                        }
                        try await writer.write([UInt8](repeating: 1, count: 1_024))
                        bursts.change { $0[$0.count - 1] += 1_024 }
                    }
                }
            )
        } _: { ground in
            loops.change { $0 = ground.loop }
            let client = try ground.connect()
            defer { client.close() }
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let count = await client.countToEnd()
            #expect(count > 4_096 * 1_024)
            let high = Limits.HTTPServer.outputHighBytes
            let low = Limits.HTTPServer.outputLowBytes
            // The piece that fills it is noted behind the wait; the last ones are what was left.
            let whole = bursts.value.dropFirst().dropLast(2)
            #expect(whole.count > 10)
            #expect(whole.allSatisfy { $0 <= high + 2_048 && $0 >= high - low - 4_096 }, "\(whole)")
        }
    }
}
