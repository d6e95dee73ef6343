import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import MeshTestKit
import MeshWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct AdmissionTests {
    @Test func `Streams of bytes that nobody reads hold up no request`() async throws {
        var options = LinkPair.Options()
        options.edge.streamWindow = 16_384
        options.edge.connectionWindow = 65_536
        try await LinkPair.run(options) { pair in
            let hub = pair.hub
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await hub.serveStreams(for: "pour") { try await $0.write([UInt8](repeating: 7, count: 1_000_000)) }
                }
                while !(await hub.serves(streamsFor: ["pour"])) {}
                let node = try await pair.connect()
                var streams: [ByteStream] = []
                for _ in 0..<400 { streams.append(try await pair.edge.openStream(to: node, purpose: "pour")) }
                while await hub.statistics().unreadBytes <= Limits.Link.maximumUnreadBytes {
                    try Task.checkCancellation()
                }
                async let isAnswered = pair.ask(node)
                // The control stream, those of bytes and the request: it is there before anything is read.
                while await hub.statistics().streams < 402 {
                    try Task.checkCancellation()
                }
                for stream in streams { group.addTask { while try await stream.read() != nil {} } }
                #expect(try await isAnswered)
                group.cancelAll()
            }
        }
    }

    @Test func `A call that arrives before the hello does not pass for the control stream`() async throws {
        let witness = AnswerWitness()
        try await LinkPair.run { pair in
            let hello = try Stranger.hello()
            let stranger = Stranger { connection in
                let control = connection.openStream()
                let call = connection.openStream()
                call?.handler = witness
                // Written first, it stands first in the packet.
                call?.write(Stranger.frame(.actorCall, [1]), isLast: true)
                control?.write(hello)
            }
            try await stranger.connect(to: pair)
            #expect(try await witness.answer.wait() == Stranger.frame(.actorReply, [1] + Array("laptop-7".utf8)))
            await stranger.end(on: pair.loop)
        }
    }

    @Test func `A request that is cancelled or loses its connection while it waits is never begun`() async throws {
        let handled = Lock(0)
        var options = LinkPair.Options()
        options.answer = { _ in
            handled.withLock { $0 += 1 }
            return [UInt8](repeating: 1, count: 1_000_000)
        }
        let filling = Limits.Link.maximumUnreadBytes / 1_000_000 + 1
        options.edge.streamWindow = 1_000
        options.edge.connectionWindow = 10_000
        try await LinkPair.run(options) { pair in
            let hello = try Stranger.hello()
            let stranger = Stranger { connection in
                connection.openStream()?.write(hello)
                for _ in 0..<filling { connection.openStream()?.write(Stranger.frame(.actorCall, [1]), isLast: true) }
            }
            try await stranger.connect(to: pair, with: options.edge)
            while await pair.hub.statistics().unreadBytes < Limits.Link.maximumUnreadBytes {
                try Task.checkCancellation()
            }
            let waiting = Lock<[Int64]>([])
            try await stranger.act(on: pair.loop) { connection in
                for _ in 0..<10 {
                    let stream = connection.openStream()
                    stream?.write(Stranger.frame(.actorCall, [1]), isLast: true)
                    if let stream { waiting.withLock { $0.append(stream.id) } }
                }
            }
            while await pair.hub.statistics().streams < 1 + filling + 10 {
                try Task.checkCancellation()
            }
            let cancelled = waiting.withLock { Set($0.prefix(5)) }
            try await stranger.act(on: pair.loop) { connection in
                for stream in connection.openStreams where cancelled.contains(stream.id) { stream.reset(code: 0) }
            }
            while await pair.hub.statistics().streams > 1 + filling + 5 {
                try Task.checkCancellation()
            }
            await stranger.end(on: pair.loop)
            while await pair.hub.statistics().links > 0 {
                try Task.checkCancellation()
            }
            _ = await pair.hub.statistics()
            #expect(handled.withLock { $0 } == filling)
        }
    }

    @Test func `A request whose first byte came while there was room waits for room when it is whole`() async throws {
        let handled = Lock(0)
        var options = LinkPair.Options()
        options.answer = { _ in
            handled.withLock { $0 += 1 }
            return [UInt8](repeating: 1, count: 1_000_000)
        }
        let filling = Limits.Link.maximumUnreadBytes / 1_000_000 + 1
        options.edge.streamWindow = 1_000
        options.edge.connectionWindow = 10_000
        try await LinkPair.run(options) { pair in
            let hello = try Stranger.hello()
            let call = Stranger.frame(.actorCall, [1])
            let stranger = Stranger { connection in
                connection.openStream()?.write(hello)
                for _ in 0..<100 { connection.openStream()?.write(Array(call.prefix(1))) }
            }
            try await stranger.connect(to: pair, with: options.edge)
            while await pair.hub.statistics().streams < 101 {
                try Task.checkCancellation()
            }
            try await stranger.act(on: pair.loop) { connection in
                for _ in 0..<filling { connection.openStream()?.write(call, isLast: true) }
            }
            while await pair.hub.statistics().unreadBytes < Limits.Link.maximumUnreadBytes {
                try Task.checkCancellation()
            }
            try await stranger.act(on: pair.loop) { connection in
                for stream in connection.openStreams where stream.id > 0 && stream.id <= 400 {
                    stream.write(Array(call.dropFirst()), isLast: true)
                }
            }
            let node = try NodeID("laptop-7")
            let bytes = UInt64(hello.count + (100 + filling) * call.count)
            while await pair.hub.statistics(to: node)?.counts.bytesReceived != bytes {
                try Task.checkCancellation()
            }
            _ = await pair.hub.statistics()
            #expect(handled.withLock { $0 } == filling)
            await stranger.end(on: pair.loop)
        }
    }

    @Test func `Handlers whose answers nobody knows begin by and by`() async throws {
        let gate = OneShot<Done>()
        let begun = Lock<[Instant]>([])
        let clock = Lock<MachineClock?>(nil)
        var options = LinkPair.Options()
        options.hub.maximumUnreadBytes = 2_000_000
        options.answer = { request in
            if let now = clock.withLock({ $0?.now }) { begun.withLock { $0.append(now) } }
            _ = try? await gate.wait()
            return request.payload
        }
        let requests = 256
        try await LinkPair.run(options) { pair in
            clock.withLock { $0 = pair.clock }
            let node = try await pair.connect()
            let room = options.hub.maximumUnreadBytes + Limits.Endpoint.answersUnderWayBytes
            let known = room / Limits.Endpoint.largestAnswerBytes
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<requests {
                    group.addTask { _ = try await pair.edge.request([1], to: node, deadline: nil) }
                }
                while begun.withLock({ $0.count }) < requests {}
                gate.open(Done())
                try await group.waitForAll()
            }
            // As many as have room, whatever they answer; then some of those that wait each time.
            let times = (requests - known) / Limits.Endpoint.begunWithoutRoom
            let all = begun.withLock { $0 }
            #expect(all[requests - 1] - all[0] >= Limits.Endpoint.answerPatience * (times - 1))
            // Now that answers are known to be small, nobody waits.
            for _ in 0..<10 { #expect(try await pair.edge.request([1], to: node, deadline: nil) == [1]) }
        }
    }

    @Test func `Of requests that are never finished the newest are refused`() async throws {
        let text = try #require(RepositoryFile.text("docs/protocol.md"))
        #expect(Limits.Link.maximumUnfinishedBytes == 16_777_216 && text.contains("it keeps 16,777,216\nbytes"))
        var options = LinkPair.Options()
        options.answer = { _ in [1] }
        let call = Stranger.frame(.actorCall, [UInt8](repeating: 1, count: Limits.Call.maximumMessageBytes))
        let (all, kept) = (64, Limits.Link.maximumUnfinishedBytes / Limits.Call.maximumMessageBytes)
        let witnesses = (0..<all).map { _ in AnswerWitness() }
        try await LinkPair.run(options) { pair in
            let hello = try Stranger.hello()
            let stranger = Stranger { connection in
                connection.openStream()?.write(hello)
                for witness in witnesses {
                    let stream = connection.openStream()
                    stream?.handler = witness
                    stream?.write(Array(call.dropLast()))
                }
            }
            try await stranger.connect(to: pair)
            for witness in witnesses[kept...] {
                #expect(try await witness.answer.wait().first == FrameType.error.rawValue)
            }
            let node = try NodeID("laptop-7")
            let whole = UInt64(call.count - 1)
            var arrived = 0
            while arrived != kept {
                let streams = await pair.hub.statistics(to: node)?.streams ?? []
                arrived = streams.count { $0.counts.bytesReceived == whole }
            }
            try await stranger.act(on: pair.loop) { connection in
                for stream in connection.openStreams where stream.id > 0 && stream.id <= 4 * Int64(kept) {
                    stream.write(Array(call.suffix(1)), isLast: true)
                }
            }
            for witness in witnesses[..<kept] {
                #expect(try await witness.answer.wait() == Stranger.frame(.actorReply, [1]))
            }
            await stranger.end(on: pair.loop)
        }
    }

    @Test func `What is reset before the hello is forgotten`() async throws {
        let handled = Lock(0)
        var options = LinkPair.Options()
        options.answer = { request in
            handled.withLock { $0 += 1 }
            return request.payload
        }
        let witness = AnswerWitness()
        try await LinkPair.run(options) { pair in
            let hello = try Stranger.hello()
            let stranger = Stranger { connection in
                _ = connection.openStream()
                for _ in 0..<10 { connection.openStream()?.write(Stranger.frame(.actorCall, [1]), isLast: true) }
            }
            try await stranger.connect(to: pair)
            while await pair.hub.statistics().streams < 10 {
                try Task.checkCancellation()
            }
            try await stranger.act(on: pair.loop) { connection in
                for stream in connection.openStreams where stream.id != 0 { stream.reset(code: 0) }
            }
            while await pair.hub.statistics().streams > 0 {
                try Task.checkCancellation()
            }
            try await stranger.act(on: pair.loop) { connection in
                for stream in connection.openStreams { stream.write(hello) }
                let stream = connection.openStream()
                stream?.handler = witness
                stream?.write(Stranger.frame(.actorCall, [2]), isLast: true)
            }
            #expect(try await witness.answer.wait() == Stranger.frame(.actorReply, [2]))
            #expect(handled.withLock { $0 } == 1)
            await stranger.end(on: pair.loop)
        }
    }
}
