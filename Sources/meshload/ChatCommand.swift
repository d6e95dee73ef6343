internal import MeshCommandLine
internal import MeshCore
internal import MeshHTTP
internal import MeshIO

/// A server of both vendors' dialects with canned answers, for their official SDKs.
enum ChatCommand {
    static let command = Command(
        "chat",
        summary: "Answer chats with canned words.",
        discussion: """
            Prints `listening ADDRESS`, and ends with its input. Paths: /v1/chat/completions, /v1/messages, /v1/models,
            /counters. What is said goes by the model: echo, tools, endless, stop-length, stop-sequence, stop-refusal,
            stop-context, paced, fail-CODE, break-CODE.
            """,
        parameters: []
    ) { invocation in
        let group = try EventLoopGroup(count: 1, name: "chat")
        let clock = MachineClock(loop: group.loops[0])
        let server = HTTPServer(
            loops: group.loops,
            handler: ChatSite(clock: clock),
            clock: clock,
            logger: Logger(sink: SilentSink(), clock: clock, minimumLevel: .error),
            generator: SeededGenerator(seed: UInt64(bitPattern: clock.now.nanoseconds))
        )
        let address = try await server.listen(at: .loopbackIPv4(port: 0))
        try invocation.terminal.writeLine("listening \(address)")
        while readLine() != nil {}
        await server.stop()
        group.stop()
        await group.ended()
        return .success
    }

    private struct SilentSink: LogSink {
        func write(_ record: LogRecord) {}
    }
}
