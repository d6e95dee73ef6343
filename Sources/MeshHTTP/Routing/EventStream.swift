package import MeshCore

extension HTTPResponse {
    /// A stream of events, written by `produce`.
    ///
    /// While it writes none, `pulse` (a comment, unless told) says every `heartbeat` that somebody is there, so that
    /// nobody on the way takes the stream for dead.
    ///
    /// Nothing is sent before the first event or heartbeat, so a refusal thrown before it still becomes the answer.
    package static func events(
        clock: any Clock,
        heartbeat: Duration = Limits.Routing.heartbeat,
        pulse: [UInt8] = ServerSentEvent.comment(),
        produce: @escaping @Sendable (EventWriter) async throws -> Void
    ) -> HTTPResponse {
        let fields: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-cache", .accelBuffering: "no",
        ]
        let body = ResponseBody.stream(length: nil) { writer in
            let events = EventWriter(writer, clock: clock)
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await events.beat(pulse, every: heartbeat) }
                try await produce(events)
            }
        }
        return HTTPResponse(.ok, fields: fields, body: body)
    }
}

/// Where events are written to; by one task.
package final class EventWriter: Sendable {
    private struct Turn {
        var isTaken = false
        var waiter: CheckedContinuation<Void, Never>?
        var lastWrite: Instant
    }

    private let writer: ResponseWriter
    private let clock: any Clock
    private let turn: Lock<Turn>

    init(_ writer: ResponseWriter, clock: any Clock) {
        self.writer = writer
        self.clock = clock
        turn = Lock(Turn(lastWrite: clock.now))
    }

    /// Hands `event` over; returns when there is room for more.
    package func send(_ event: ServerSentEvent) async throws(HTTPError) { try await send(event.bytes) }

    /// Hands over what is written like events already, whole lines with an empty one behind them.
    package func send(_ bytes: [UInt8]) async throws(HTTPError) {
        if !take() { await withCheckedContinuation { wait($0) } }
        defer { release() }
        try await writer.write(bytes)
    }

    /// Writes `pulse` whenever nothing was written for so long; never while an event is being written.
    func beat(_ pulse: [UInt8], every interval: Duration) async throws {
        while true {
            let last = turn.withLock { $0.lastWrite }
            let next = last + interval
            guard next <= clock.now else {
                try await clock.sleep(until: next)
                continue
            }
            guard take() else {
                // A write that takes so long is the client's doing: it has not even room for a comment.
                try await clock.sleep(for: interval)
                continue
            }
            defer { release() }
            try await writer.write(pulse)
        }
    }

    /// Takes the sink; false where another has it.
    private func take() -> Bool {
        turn.withLock { turn in
            guard !turn.isTaken else { return false }
            turn.isTaken = true
            return true
        }
    }

    /// Waits for the sink, which the heartbeat has at most for as long as there is no room.
    private func wait(_ continuation: CheckedContinuation<Void, Never>) {
        let isFree = turn.withLock { turn in
            guard turn.isTaken else {
                turn.isTaken = true
                return true
            }
            precondition(turn.waiter == nil, "two tasks write events of one stream")
            turn.waiter = continuation
            return false
        }
        if isFree { continuation.resume() }
    }

    private func release() {
        let now = clock.now
        let waiter = turn.withLock { turn in
            turn.lastWrite = now
            let waiter = turn.waiter
            turn.waiter = nil
            turn.isTaken = waiter != nil
            return waiter
        }
        waiter?.resume()
    }
}
