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
        /// Handlers whose request named them: since when they run, and when they ended because their client had left.
        var runningSince: [String: Instant] = [:]
        var cancelledAt: [String: Instant] = [:]
        var bodyFailures = 0
        var pieces = 0
        var server: HTTPServer?
    }

    private let counts = Lock(Counts())
    private let clock: any Clock
    private let page: [UInt8]

    /// A site that shows `page` at `/page`.
    init(clock: any Clock, page: [UInt8]) {
        self.clock = clock
        self.page = page
    }

    /// Whose figures `/counters` gives.
    func serve(_ server: HTTPServer) { counts.withLock { $0.server = server } }

    func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        if request.target.text == "/json" { return HTTPResponse(type: "application/json", bytes: Self.json) }
        counts.withLock { counts in
            counts.requests += 1
            counts.running += 1
        }
        defer { counts.withLock { $0.running -= 1 } }
        let name = request.target.parameter("id")
        switch request.target.path {
        case "/": return HTTPResponse(type: "text/plain", bytes: Array("meshload\n".utf8))
        case "/sse": return events(request, name)
        case "/hang": return try await hang(name)
        case "/upload": return try await upload(request, name, pause: .zero)
        case "/slow-upload":
            let pause = Duration.milliseconds(number("pause-ms", request) ?? 10)
            return try await upload(request, name, pause: pause)
        case "/stream": return stream(request, name)
        case "/echo": return echo(request)
        case "/fail": throw WebFailure()
        case "/break": return breaking()
        case "/ws": return webSocket(request)
        case "/ws-flood": return flood()
        case "/page": return HTTPResponse(type: "text/html; charset=utf-8", bytes: page)
        case "/counters": return await figures()
        case "/handlers": return handlers()
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

/// What has come of a body.
private struct Taken {
    private var hash = SHA256()
    private var count = 0
    private var pieces = 0

    mutating func take(_ piece: [UInt8]) {
        piece.withUnsafeBytes { hash.update($0) }
        count += piece.count
        pieces += 1
    }

    var line: String {
        let digest = Hexadecimal.encode(hash.finish().bytes)
        return "{\"bytes\":\(count),\"pieces\":\(pieces),\"sha256\":\"\(digest)\"}"
    }
}

extension WebSite {
    private func events(_ request: HTTPRequest, _ name: String?) -> HTTPResponse {
        let count = number("count", request) ?? 100
        let interval = Duration.milliseconds(number("interval-ms", request) ?? 0)
        let fields: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        return HTTPResponse(
            .ok,
            fields: fields,
            body: .stream(length: nil) { writer in
                try await self.watching(name) {
                    for number in 0..<count {
                        if number > 0, interval > .zero { try await self.clock.sleep(for: interval) }
                        try await writer.write("data: \(number)\n\n")
                    }
                }
            }
        )
    }

    private func stream(_ request: HTTPRequest, _ name: String?) -> HTTPResponse {
        let count = number("bytes", request) ?? 1_000_000
        let isChunked = request.target.parameter("chunked") != nil
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
        return HTTPResponse(
            .ok,
            fields: [.contentType: "application/octet-stream"],
            body: .stream(length: isChunked ? nil : UInt64(max(0, count))) { writer in
                try await self.watching(name) {
                    var left = count
                    while left > 0 {
                        try await writer.write(left >= piece.count ? piece : Array(piece.prefix(left)))
                        self.counts.withLock { $0.pieces += 1 }
                        left -= piece.count
                    }
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

    /// Sends as long as there is room, and never reads.
    private func flood() -> HTTPResponse {
        HTTPResponse(
            .switchingProtocols,
            body: .webSocket(subprotocol: nil) { socket in
                let message = WebSocketMessage.binary([UInt8](repeating: 7, count: 16_384))
                while true { try await socket.send(message) }
            }
        )
    }

    private func hang(_ name: String?) async throws -> HTTPResponse {
        try await watching(name) { try await self.clock.sleep(for: .seconds(3_600)) }
        return HTTPResponse(.noContent)
    }

    private func upload(_ request: HTTPRequest, _ name: String?, pause: Duration) async throws -> HTTPResponse {
        let taken = try await watching(name) {
            var taken = Taken()
            while let piece = try await request.body.next() {
                taken.take(piece)
                if pause > .zero { try await self.clock.sleep(for: pause) }
            }
            return taken
        }
        return HTTPResponse(type: "application/json", bytes: Array(taken.line.utf8))
    }

    /// Runs a part of a handler, and keeps when it ended because its client had left.
    private func watching<Output>(_ name: String?, _ body: () async throws -> Output) async throws -> Output {
        let start = clock.now
        if let name { counts.withLock { $0.runningSince[name] = start } }
        defer { if let name { counts.withLock { $0.runningSince[name] = nil } } }
        do {
            return try await body()
        } catch {
            let end = clock.now
            let isCancelled = error is CancellationError || (error as? HTTPError)?.code == .closed
            counts.withLock { counts in
                if isCancelled { counts.cancelled += 1 } else { counts.bodyFailures += 1 }
                if isCancelled, let name { counts.cancelledAt[name] = end }
            }
            throw error
        }
    }

    /// By the machine's monotonic clock, which other processes can read too.
    private func handlers() -> HTTPResponse {
        let (running, cancelled) = counts.withLock { ($0.runningSince, $0.cancelledAt) }
        let objects = [running, cancelled].map { names in
            let members = names.sorted { $0.key < $1.key }
                .map { "\(JSONText.quoted($0.key)):\($0.value.nanoseconds)" }
            return "{\(members.joined(separator: ","))}"
        }
        let text = "{\"running\":\(objects[0]),\"cancelled\":\(objects[1])}"
        return HTTPResponse(type: "application/json", bytes: Array(text.utf8))
    }

    private func figures() async -> HTTPResponse {
        let counts = counts.withLock { $0 }
        let server = await counts.server?.statistics()
        let line = JSONLine([
            ("connections", server?.connections ?? 0), ("handlers", server?.handlers ?? 0),
            ("requests", counts.requests), ("running", counts.running),
            ("cancelled", counts.cancelled), ("body_failures", counts.bodyFailures), ("pieces", counts.pieces),
            ("accepted", server?.accepted ?? 0),
            ("resident_bytes", ProcessFigures.residentBytes), ("descriptors", ProcessFigures.descriptors),
            ("processor_milliseconds", ProcessFigures.processorMilliseconds),
        ])
        return HTTPResponse(type: "application/json", bytes: Array(line.text.utf8))
    }
}
