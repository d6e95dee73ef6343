internal import MeshChat
internal import MeshCore
internal import MeshDialects
internal import MeshHTTP

/// One chat of a client: asks the port, and writes down what it says as the client's SDK reads it.
///
/// Whoever waits for the answer holds it; when the client leaves, its task is cancelled and nobody holds it any more.
struct ChatExchange: Sendable {
    let call: ChatCall
    let dialect: ChatDialect
    /// What of the request nobody reads.
    let dropped: [String]
    /// Held as long as the answer lasts.
    let place: ChatRoom.Place
    let deadline: ChatDeadline
    /// How long a stream may be silent.
    let heartbeat: Duration
    let record: ChatRecord

    // MARK: Whole

    /// The whole answer.
    func whole(from port: any ChatPort, for request: HTTPRequest) async throws(ChatError) -> HTTPResponse {
        let (run, reply) = try await told {
            () throws(ChatError) in
            try await deadline.hold { () throws(ChatError) in
                let run = try await port.begin(call)
                record.begin(run)
                return (run, try await run.collect())
            }
        }
        record.end(.complete)
        var fields = ChatFields.json(dialect, request)
        fields.append(telling: run, alsoDropped: dropped, dialect, now: deadline.clock.wallTime)
        let bytes = dialect.bytes(of: reply, head: head(run))
        return withExtendedLifetime(place) { HTTPResponse(.ok, fields: fields, body: .bytes(bytes)) }
    }

    // MARK: Streamed

    /// The answer piece by piece; what can be refused is refused before the first.
    func stream(from port: any ChatPort, for request: HTTPRequest) async throws(ChatError) -> HTTPResponse {
        let run = try await told { () throws(ChatError) in
            try await deadline.hold { () throws(ChatError) in try await port.begin(call) }
        }
        record.begin(run)
        var response = HTTPResponse.events(clock: deadline.clock, heartbeat: heartbeat, pulse: dialect.pulse) {
            try await write(run, to: $0)
        }
        response.fields.append(naming: request, dialect)
        response.fields.append(telling: run, alsoDropped: dropped, dialect, now: deadline.clock.wallTime)
        return response
    }

    /// Writes the events of `run` as they come; several that are there already leave together, with the turn.
    private func write(_ run: any ChatRun, to output: EventWriter) async throws {
        let isLate = Lock(false)
        // Also where the client has left, or takes nothing.
        defer { run.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                guard await deadline.comes() else { return }
                isLate.withLock { $0 = true }
                run.cancel()
            }
            var writer = dialect.writer(head: head(run), wantsUsage: call.request.wantsUsage)
            do {
                var hasEnded = false
                while let event = try await run.next() {
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

    private func head(_ run: any ChatRun) -> AnswerHead {
        AnswerHead(id: call.id, created: deadline.clock.wallTime, model: run.model)
    }
}
