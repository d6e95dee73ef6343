import MeshCore
import MeshHTTP
import MeshTestKit
import Testing

@Suite("Events sent by a server") struct ServerSentEventTests {
    @Test(
        "are written as EventSource reads them",
        arguments: [
            (ServerSentEvent("hello"), "data: hello\n\n"),
            (ServerSentEvent(""), "data: \n\n"),
            (ServerSentEvent("a\nb\r\nc\rd\n"), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"),
            (
                ServerSentEvent("x", event: "de\nlta", id: "4\r\n2\0", retry: .milliseconds(1_500)),
                "event: delta\nid: 42\nretry: 1500\ndata: x\n\n"
            ),
            (ServerSentEvent("é", retry: .seconds(-1)), "retry: 0\ndata: é\n\n"),
        ]
    )
    func writing(event: ServerSentEvent, text: String) {
        #expect(String(decoding: event.bytes, as: UTF8.self) == text)
    }

    @Test func `have comments that cannot become events`() {
        #expect(String(decoding: ServerSentEvent.comment("a\ndata: b"), as: UTF8.self) == ": a\n: data: b\n\n")
    }

    @Test func `come with the right fields and stop with their producer`() async throws {
        let sink = VolatileResponseSink()
        let clock = VirtualClock()
        let response = HTTPResponse.events(clock: clock) { events in
            try await events.send(ServerSentEvent("1"))
            try await events.send(ServerSentEvent("2", event: "end"))
        }
        #expect(response.fields[.contentType] == "text/event-stream")
        #expect(response.fields[.cacheControl] == "no-cache")
        #expect(response.fields[.accelBuffering] == "no")
        try await Self.produce(response, sink)
        #expect(sink.text == "data: 1\n\nevent: end\ndata: 2\n\n")
        #expect(clock.sleeperCount == 0)
    }

    @Test func `are joined by heartbeats while there are none`() async throws {
        let sink = VolatileResponseSink()
        let clock = VirtualClock()
        let response = HTTPResponse.events(clock: clock) { events in
            await sink.written(2)
            try await events.send(ServerSentEvent("late"))
        }
        async let produced: Void = Self.produce(response, sink)
        for count in 1...2 {
            while !clock.advanceToNextDeadline() { await Task.yield() }
            await sink.written(count)
        }
        try await produced
        #expect(sink.text == ": \n\n: \n\ndata: late\n\n")
        #expect(clock.now == .origin + Limits.Routing.heartbeat * 2)
    }

    @Test func `wait for a heartbeat that has no room, and never stand inside it`() async throws {
        let sink = VolatileResponseSink()
        sink.setFull(true)
        let clock = VirtualClock()
        let response = HTTPResponse.events(clock: clock) { events in
            await sink.written(1)
            try await events.send(ServerSentEvent("late"))
        }
        async let produced: Void = Self.produce(response, sink)
        while !clock.advanceToNextDeadline() { await Task.yield() }
        await sink.written(1)
        while sink.waiting == 0 { await Task.yield() }
        #expect(sink.writes.count == 1)
        sink.setFull(false)
        try await produced
        #expect(sink.text == ": \n\ndata: late\n\n")
    }

    @Test func `end with an error when the client leaves`() async throws {
        let sink = VolatileResponseSink()
        sink.leave()
        let response = HTTPResponse.events(clock: VirtualClock()) { events in
            while true { try await events.send(ServerSentEvent("x")) }
        }
        await #expect(throws: HTTPError.self) { try await Self.produce(response, sink) }
        #expect(sink.writes.count == 1)
    }

    private static func produce(_ response: HTTPResponse, _ sink: VolatileResponseSink) async throws {
        guard case .stream(nil, let produce) = response.body else {
            Issue.record("events are a stream")
            return
        }
        try await produce(ResponseWriter(sink))
    }
}
