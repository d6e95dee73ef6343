internal import MeshChat
internal import MeshCore
internal import MeshHTTP

/// One answer for a client: asks, and writes down what is said as the client reads it.
///
/// Whoever waits for the answer holds it; when the client leaves, its task is cancelled and nobody holds it any more.
struct AnswerExchange<Telling: AnswerTelling>: Sendable {
    let telling: Telling
    /// Held as long as the answer lasts.
    let place: ChatRoom.Place
    let deadline: ChatDeadline
    /// How long a stream may be silent.
    let heartbeat: Duration
    let record: ChatRecord

    // MARK: Whole

    /// The whole answer.
    func whole(for request: HTTPRequest) async throws(ChatError) -> HTTPResponse {
        let (run, reply) = try await told {
            () throws(ChatError) in
            try await deadline.hold { () throws(ChatError) in
                let run = try await telling.begin()
                telling.note(run, in: record)
                return (run, try await telling.answer(run).collect())
            }
        }
        record.end(.complete)
        return withExtendedLifetime(place) { telling.whole(reply, of: run, for: request) }
    }

    // MARK: Streamed

    /// The answer piece by piece; what can be refused is refused before the first, unless its first word takes so long
    /// that the client must be told that somebody is there.
    func stream(for request: HTTPRequest) async throws(ChatError) -> HTTPResponse {
        let hasBegun = Lock(false)
        let run: Telling.Run
        do throws(ChatError) {
            run = try await told { () throws(ChatError) in
                try await deadline.hold(meanwhile: { await beat(for: request, hasBegun) }) { () throws(ChatError) in
                    try await telling.begin()
                }
            }
        } catch {
            guard hasBegun.withLock({ $0 }), error.code != .cancelled else { throw error }
            var writer = telling.writer(of: nil)
            let bytes = writer.bytes(for: error)
            return events { try await $0.send(bytes) }
        }
        telling.note(run, in: record)
        var response = events { try await write(run, to: $0) }
        response.fields.append(contentsOf: telling.fields(of: run, for: request))
        return response
    }

    /// Begins the answer where its first word takes long, and says every now and then that somebody is there.
    private func beat(for request: HTTPRequest, _ hasBegun: Lock<Bool>) async {
        guard let early = request.early else { return }
        do {
            try await deadline.clock.sleep(for: heartbeat)
            var head = events { _ in }
            head.fields.append(contentsOf: telling.fields(of: nil, for: request))
            let output = await early.begin(head)
            hasBegun.withLock { $0 = true }
            while true {
                try await output.write(telling.pulse)
                try await deadline.clock.sleep(for: heartbeat)
            }
        } catch {}  // it has begun, or nobody waits for it any more
    }

    private func events(_ produce: @escaping @Sendable (EventWriter) async throws -> Void) -> HTTPResponse {
        HTTPResponse.events(clock: deadline.clock, heartbeat: heartbeat, pulse: telling.pulse, produce: produce)
    }

    /// Writes the events of `run` as they come; several that are there already leave together, with the turn.
    private func write(_ run: Telling.Run, to output: EventWriter) async throws {
        let answer = telling.answer(run)
        let isLate = Lock(false)
        // Also where the client has left, or takes nothing.
        defer { answer.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                guard await deadline.comes() else { return }
                isLate.withLock { $0 = true }
                answer.cancel()
            }
            var writer = telling.writer(of: run)
            do {
                let opening = writer.opening()
                if !opening.isEmpty { try await output.send(opening) }
                var hasEnded = false
                while let event = try await answer.next() {
                    if case .ended = event { hasEnded = true }
                    let bytes = writer.bytes(for: event)
                    if !bytes.isEmpty { try await output.send(bytes) }
                }
                guard hasEnded else { throw ChatError(.upstreamFailed, "the answer breaks off") }
                record.end(.complete)
            } catch let error as ChatError {
                // Of a client that has left nobody is told; the record says so where it is let go of.
                try Task.checkCancellation()
                let error = isLate.withLock { $0 } ? ChatDeadline.timedOut : error
                record.end(.failed(error.code))
                try await output.send(writer.bytes(for: error))
            }
        }
    }

    // MARK: Both

    /// What `work` brings; where it fails, the record says why.
    private func told<Value>(_ work: () async throws(ChatError) -> Value) async throws(ChatError) -> Value {
        do throws(ChatError) {
            return try await work()
        } catch {
            record.end(error.code == .cancelled ? .clientLeft : .failed(error.code))
            throw error
        }
    }
}
