internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshQUIC
internal import MeshTestKit

/// Connections and streams that come and go, both sides in this process, so that sanitizers see both.
enum ChurnCommand {
    private static let seconds = Option<Int>("seconds", as: .within(1...100_000), default: 60, "How long.")

    static let command = Command(
        "churn",
        summary: "Open and close connections and streams, and look for what stays behind.",
        discussion: "Prints one JSON object; exit status 1 where a connection, stream or descriptor was left over.",
        parameters: [seconds]
    ) { invocation in
        let loop = try EventLoop.start(name: "churn")
        let clock = MachineClock(loop: loop)
        let churn = try await LinkChurn.start(loop: loop, clock: clock)
        // What is made once, and what the allocator keeps, has been made by then.
        _ = try await churn.run(until: clock.now + .seconds(max(1, invocation[seconds] / 5)), workers: 8, seed: 1)
        let (descriptors, resident) = (ProcessFigures.descriptors, ProcessFigures.residentBytes)
        let counts = try await churn.run(until: clock.now + .seconds(invocation[seconds]), workers: 8, seed: 2)
        let left = try await churn.settle()
        let figures = JSONLine([
            ("connections", counts.connections), ("requests", counts.requests), ("cancelled", counts.cancelled),
            ("failed", counts.failed), ("connections_left", left.connections), ("streams_left", left.streams),
            ("unread_left", left.unreadBytes), ("descriptors_before", descriptors),
            ("descriptors_after", ProcessFigures.descriptors), ("resident_before", resident),
            ("resident_after", ProcessFigures.residentBytes),
        ])
        try invocation.terminal.writeLine(figures.text)
        let isClean = left.connections == 0 && left.streams == 0 && left.unreadBytes == 0
        let hasLeaked = ProcessFigures.descriptors > descriptors
        await churn.end()
        loop.stop()
        return isClean && !hasLeaked && counts.failed == 0 ? .success : .failure
    }
}
