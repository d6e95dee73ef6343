internal import MeshCore
internal import MeshHTTP
internal import MeshTestKit

/// Requests over HTTP as a plan says.
final class Getting: Sendable {
    struct Plan: Sendable {
        let url: String
        var count: Int
        let parallel: Int
        let isAlone: Bool
        let isNumbered: Bool
        let bodyBytes: Int?
        let json: [UInt8]?
        let bearer: String?
        let isBodyStreamed: Bool
        let cancelAfter: Int?
        let every: Int
        let pause: Duration
        let hold: Duration?
        let isStamped: Bool

        /// The same for `count` requests that are read to their end.
        func warming(_ count: Int) -> Plan {
            Plan(
                url: url,
                count: count,
                parallel: parallel,
                isAlone: isAlone,
                isNumbered: isNumbered,
                bodyBytes: bodyBytes,
                json: json,
                bearer: bearer,
                isBodyStreamed: isBodyStreamed,
                cancelAfter: nil,
                every: 1,
                pause: pause,
                hold: nil,
                isStamped: false
            )
        }
    }

    private let client: HTTPClient
    private let clock: any Clock
    private let tally: HTTPTally

    init(_ client: HTTPClient, _ clock: any Clock, _ tally: HTTPTally) {
        self.client = client
        self.clock = clock
        self.tally = tally
    }

    /// Makes the requests of `plan`; the figures of the run.
    func run(_ plan: Plan) async throws -> Line {
        tally.reset()
        let (begin, work, resident) = (
            clock.now, ProcessFigures.processorMicroseconds, ProcessFigures.residentBytes
        )
        let next = Lock(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<min(plan.parallel, plan.count) {
                group.addTask {
                    while true {
                        let number = next.withLock { number in
                            defer { number += 1 }
                            return number
                        }
                        guard number < plan.count else { return }
                        await self.get(number, plan)
                        if plan.pause > .zero { try? await self.clock.sleep(for: plan.pause) }
                    }
                }
            }
        }
        return tally.line(
            count: plan.count,
            elapsed: clock.now - begin,
            processorMicroseconds: ProcessFigures.processorMicroseconds - work,
            resident: resident
        )
    }

    /// What a run has come to.
    struct Line: Sendable {
        let text: String
        let hasFailed: Bool
    }

    private func get(_ number: Int, _ plan: Plan) async {
        let begin = clock.now
        do {
            var request = ClientRequest(.get, try ClientURL(plan.isNumbered ? "\(plan.url)\(number)" : plan.url))
            request.sharesConnection = !plan.isAlone
            if let count = plan.bodyBytes {
                request.method = .post
                request.fields = [.contentType: "application/octet-stream"]
                request.body =
                    plan.isBodyStreamed
                    ? .stream(length: nil, source: PlainBody(count)) : .bytes([UInt8](repeating: 0x78, count: count))
            }
            if let json = plan.json {
                request.method = .post
                request.fields = [.contentType: "application/json"]
                request.body = .bytes(json)
            }
            if let bearer = plan.bearer { request.fields.append(.authorization, "Bearer \(bearer)") }
            let response = try await client.send(request)
            tally.began(response.status, response.version)
            let isChosen = number.isMultiple(of: plan.every)
            if let limit = plan.cancelAfter, isChosen {
                try await cancel(number, response.body, after: limit)
            } else if let hold = plan.hold, isChosen {
                tally.received(try await response.body.next()?.count ?? 0)
                try await clock.sleep(for: hold)
                tally.held(ProcessFigures.residentBytes)
            } else {
                try await read(response.body, since: begin, isStamped: plan.isStamped)
                tally.answered(after: clock.now - begin)
            }
        } catch {
            tally.failed(error, after: clock.now - begin)
        }
    }

    private func cancel(_ number: Int, _ body: ClientBody, after limit: Int) async throws {
        var count = 0
        while count < limit, let piece = try await body.next() { count += piece.count }
        tally.cancelled(number, at: clock.now)
        body.cancel()
    }

    private func read(_ body: ClientBody, since begin: Instant, isStamped: Bool) async throws {
        var isFirst = true
        while let piece = try await body.next() {
            if isFirst { tally.beganBody(after: clock.now - begin) }
            isFirst = false
            tally.received(piece.count)
            if isStamped { tally.stamps(in: piece, now: clock.now) }
        }
    }
}

/// A body of so many bytes, in pieces.
private final class PlainBody: RequestBodySource {
    private let left: Lock<Int>

    init(_ count: Int) { left = Lock(count) }

    func next() async throws(HTTPError) -> [UInt8]? {
        let count = left.withLock { left in
            let count = min(left, 16_384)
            left -= count
            return count
        }
        return count == 0 ? nil : [UInt8](repeating: 0x78, count: count)
    }
}
