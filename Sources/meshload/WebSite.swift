internal import Glibc
internal import MeshCore
internal import MeshHTTP
internal import MeshIO

/// What `meshload web` answers.
final class WebSite: HTTPHandler {
    private struct Counts {
        var requests = 0
        var running = 0
        var cancelled = 0
        var lastCancelledAt = Instant.origin
        var bodyFailures = 0
        var pieces = 0
        var server: HTTPServer?
    }

    private let counts = Lock(Counts())
    private let clock: any Clock

    init(clock: any Clock) { self.clock = clock }

    /// Whose figures `/counters` gives.
    func serve(_ server: HTTPServer) { counts.withLock { $0.server = server } }

    func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        if request.target.text == "/json" { return HTTPResponse(type: "application/json", bytes: Self.json) }
        counts.withLock { counts in
            counts.requests += 1
            counts.running += 1
        }
        defer { counts.withLock { $0.running -= 1 } }
        switch request.target.path {
        case "/": return HTTPResponse(type: "text/plain", bytes: Array("meshload\n".utf8))
        case "/sse": return events(request)
        case "/hang": return try await hang()
        case "/upload": return try await upload(request, pause: .zero)
        case "/slow-upload": return try await upload(request, pause: .milliseconds(number("pause-ms", request) ?? 10))
        case "/stream": return stream(request)
        case "/echo": return echo(request)
        case "/fail": throw WebFailure()
        case "/break": return breaking()
        case "/ws": return webSocket(request)
        case "/counters": return await figures()
        default: throw HTTPRefusal(.notFound, "not_found", "there is nothing at this path")
        }
    }

    private func number(_ name: String, _ request: HTTPRequest) -> Int? {
        request.target.parameter(name).flatMap { Int($0) }
    }

    /// 43 bytes.
    static let json = Array(#"{"status":"ok","model":"m","uptime":123456}"#.utf8)
}

/// An error that is no answer.
private struct WebFailure: Error {}

extension WebSite {
    private func events(_ request: HTTPRequest) -> HTTPResponse {
        let count = number("count", request) ?? 100
        let interval = Duration.milliseconds(number("interval-ms", request) ?? 0)
        let fields: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        return HTTPResponse(
            .ok,
            fields: fields,
            body: .stream(length: nil) { writer in
                for number in 0..<count {
                    if number > 0, interval > .zero { try await self.pause(interval) }
                    try await writer.write("data: {\"i\":\(number),\"token\":\" hello\"}\n\n")
                }
            }
        )
    }

    private func stream(_ request: HTTPRequest) -> HTTPResponse {
        let count = number("bytes", request) ?? 1_000_000
        let isChunked = request.target.parameter("chunked") != nil
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
        return HTTPResponse(
            .ok,
            fields: [.contentType: "application/octet-stream"],
            body: .stream(length: isChunked ? nil : UInt64(max(0, count))) { writer in
                var left = count
                while left > 0 {
                    try await writer.write(left >= piece.count ? piece : Array(piece.prefix(left)))
                    self.counts.withLock { $0.pieces += 1 }
                    left -= piece.count
                }
            }
        )
    }

    /// What comes goes back, piece by piece.
    private func echo(_ request: HTTPRequest) -> HTTPResponse {
        HTTPResponse(
            .ok,
            fields: [.contentType: request.fields[.contentType] ?? "application/octet-stream"],
            body: .stream(length: request.body.declaredLength) { writer in
                while let piece = try await request.body.next() { try await writer.write(piece) }
            }
        )
    }

    private func breaking() -> HTTPResponse {
        HTTPResponse(
            .ok,
            body: .stream(length: nil) { writer in
                try await writer.write("half of it")
                throw WebFailure()
            }
        )
    }

    private func webSocket(_ request: HTTPRequest) -> HTTPResponse {
        HTTPResponse(
            .switchingProtocols,
            body: .webSocket(subprotocol: nil) { socket in
                while let message = try await socket.receive() { try await socket.send(message) }
            }
        )
    }

    private func hang() async throws -> HTTPResponse {
        try await pause(.seconds(3_600))
        return HTTPResponse(.noContent)
    }

    private func upload(_ request: HTTPRequest, pause: Duration) async throws -> HTTPResponse {
        var hash = SHA256()
        var count = 0
        var pieces = 0
        while let piece = try await next(of: request) {
            count += piece.count
            pieces += 1
            piece.withUnsafeBytes { hash.update($0) }
            if pause > .zero { try await self.pause(pause) }
        }
        let digest = Hexadecimal.encode(hash.finish().bytes)
        let text = "{\"length\":\(count),\"pieces\":\(pieces),\"sha256\":\"\(digest)\"}"
        return HTTPResponse(type: "application/json", bytes: Array(text.utf8))
    }

    private func next(of request: HTTPRequest) async throws(HTTPError) -> [UInt8]? {
        do {
            return try await request.body.next()
        } catch {
            if error.code == .closed { noteCancelled() } else { counts.withLock { $0.bodyFailures += 1 } }
            throw error
        }
    }

    private func pause(_ duration: Duration) async throws {
        do {
            try await clock.sleep(for: duration)
        } catch {
            noteCancelled()
            throw error
        }
    }

    private func noteCancelled() {
        let now = clock.now
        counts.withLock { counts in
            counts.cancelled += 1
            counts.lastCancelledAt = now
        }
    }

    private func figures() async -> HTTPResponse {
        let counts = counts.withLock { $0 }
        let server = await counts.server?.statistics()
        let line = JSONLine([
            ("connections", server?.connections ?? 0), ("handlers", server?.handlers ?? 0),
            ("requests", counts.requests), ("running", counts.running),
            ("cancelled", counts.cancelled), ("body_failures", counts.bodyFailures), ("pieces", counts.pieces),
            // The machine's monotonic clock, which other processes can read too.
            ("last_cancelled_at_nanoseconds", Int(counts.lastCancelledAt.nanoseconds)),
            ("resident_bytes", ProcessFigures.residentBytes), ("descriptors", ProcessFigures.descriptors),
            ("processor_milliseconds", ProcessFigures.processorMilliseconds),
        ])
        return HTTPResponse(type: "application/json", bytes: Array(line.text.utf8))
    }
}
