internal import MeshHTTP

/// The way of a request from bytes to what a handler sees, under attack.
enum FuzzedRequests {
    /// The same bytes mean the same however they are cut; the first byte says how.
    static func checkStream(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        let stream = Array(input.dropFirst())
        let whole = ReadStream(stream) { _ in stream.count }
        var seed = UInt64(first) | 1
        let cut = ReadStream(stream) { _ in
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return 1 + Int(seed >> 33) % (1 + Int(first) / 4)
        }
        precondition(whole == cut, "cutting the stream elsewhere changed it")
    }

    /// What comes out of chunks is what a simple reading of them gives; what that reads without frills is taken.
    static func checkChunks(_ input: UnsafeRawBufferPointer) {
        let bytes = Array(input)
        let head = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        let read = ReadStream(head + bytes, isOne: true) { _ in head.count + bytes.count }
        let simple = SimpleChunks(bytes)
        guard let request = read.requests.first else { preconditionFailure("a head that is in order is refused") }
        precondition(simple.body.starts(with: request.body), "the body is another one")
        if request.isComplete {
            precondition(simple.end == read.taken - head.count, "the body ends elsewhere")
            precondition(simple.body == request.body, "the body is another one")
        } else {
            precondition(simple.end == nil || simple.hasFrills, "chunks in order are refused")
        }
    }

    /// A target that is taken is its text, and leads nowhere else.
    static func checkTarget(_ input: UnsafeRawBufferPointer) {
        let text = String(decoding: input, as: UTF8.self)
        if let target = RequestTarget(text) {
            precondition(target.text == text, "a target is its text")
            check(target)
        }
        let line = Array("GET ".utf8) + Array(input) + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        guard let head = ReadStream(line, isOne: true, { _ in line.count }).requests.first else { return }
        precondition(head.line.hasPrefix("GET /"), "a target that no handler expects")
        precondition(!head.authority.isEmpty && !head.authority.contains("@"), "an authority with a user")
        check(head.target)
    }

    private static func check(_ target: RequestTarget) {
        precondition(target.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a byte that has no place in a target")
        for segment in target.segments ?? [] {
            precondition(segment != ".." && segment != "." && !segment.contains("/"), "a segment that leads elsewhere")
        }
        _ = target.parameters
    }

    /// Fields that are taken spell themselves again, and hold nothing that could end a line.
    static func checkFields(_ input: UnsafeRawBufferPointer) {
        let head = Array("GET / HTTP/1.1\r\n".utf8) + Array(input) + Array("\r\n\r\n".utf8)
        guard let request = ReadStream(head, isOne: true, { _ in head.count }).requests.first else { return }
        var again = Array("GET / HTTP/1.1\r\n".utf8)
        func write(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
            precondition(!name.isEmpty && value.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }, "a control")
            again += Array(name) + Array(": ".utf8) + Array(value) + Array("\r\n".utf8)
        }
        request.fields.forEach(write)
        again += Array("\r\n".utf8)
        precondition(request.fields.count(of: .host) == 1, "a request without a host")
        let codings = request.fields.values(of: .transferEncoding)
        let lengths = request.fields.values(of: .contentLength)
        precondition(codings.isEmpty || codings.map { $0.lowercased() } == ["chunked"], "an unknown coding is taken")
        precondition(codings.isEmpty || lengths.isEmpty, "the length is said in two ways")
        precondition(lengths.count <= 1, "the length is said twice")
        let second = ReadStream(again, isOne: true) { _ in again.count }
        precondition(second.requests.first?.fields == request.fields, "fields change on their way")
    }
}

/// What a parser makes of a stream.
private struct ReadStream: Equatable {
    struct Request: Equatable {
        let line: String
        let authority: String
        let target: RequestTarget
        let fields: HTTPFields
        let framing: RequestHead.Framing
        let keepsAlive: Bool
        var body: [UInt8] = []
        var isComplete = false
    }

    var requests: [Request] = []
    var refusal: UInt16?
    var taken = 0

    static func == (left: ReadStream, right: ReadStream) -> Bool {
        left.requests == right.requests && left.refusal == right.refusal
    }

    init(_ bytes: [UInt8], isOne: Bool = false, _ size: (Int) -> Int) {
        let parser = RequestParser(limits: RequestLimits())
        while taken < bytes.count, refusal == nil {
            let end = min(bytes.count, taken + size(taken))
            let used = bytes[taken..<end].withUnsafeBytes { parser.feed($0) }
            precondition(used <= end - taken, "more was taken than there is")
            taken += used
            var isOver = false
            while let event = parser.nextEvent() {
                isOver = take(event)
            }
            if isOver {
                guard !isOne else { return }
                parser.begin()
            } else {
                precondition(refusal != nil || taken == end, "bytes were left that nobody will take")
            }
        }
    }

    private mutating func take(_ event: RequestEvent) -> Bool {
        switch event {
        case .head(let head):
            requests.append(
                Request(
                    line: "\(head.method.name) \(head.target.text) \(head.version.rawValue)",
                    authority: head.authority,
                    target: head.target,
                    fields: head.fields,
                    framing: head.framing,
                    keepsAlive: head.keepsAlive
                )
            )
        case .body(let piece): requests[requests.count - 1].body += piece
        case .end:
            requests[requests.count - 1].isComplete = true
            return true
        case .refused(let refused): refusal = refused.status.code
        }
        return false
    }
}

/// Chunks (RFC 9112 §7.1), read by somebody who takes everything in order.
private struct SimpleChunks {
    var body: [UInt8] = []
    /// Where they end; nil where they do not.
    var end: Int?
    /// Whether there is an extension, a trailer, or a number that some find too long.
    var hasFrills = false

    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let line = Self.takeLine(&rest) {
            let digits = line.prefix { Self.digit($0) != nil }
            // Zeros in front mean nothing, however many.
            guard !digits.isEmpty, digits.drop(while: { $0 == UInt8(ascii: "0") }).count <= 16 else { return }
            if digits.count < line.count || digits.count > 8 { hasFrills = true }
            let size = digits.reduce(UInt64(0)) { $0 << 4 | UInt64(Self.digit($1) ?? 0) }
            guard size > 0 else {
                takeTrailers(&rest)
                return
            }
            body += rest.prefix(Int(clamping: min(size, UInt64(rest.count))))
            guard UInt64(rest.count) >= size else { return }
            rest = rest.dropFirst(Int(size))
            guard rest.starts(with: [0x0D, 0x0A]) else { return }
            rest = rest.dropFirst(2)
        }
    }

    private mutating func takeTrailers(_ rest: inout ArraySlice<UInt8>) {
        while let line = Self.takeLine(&rest) {
            guard !line.isEmpty else {
                end = rest.startIndex
                return
            }
            hasFrills = true
        }
    }

    private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: 0x0D), end + 1 < rest.endIndex, rest[end + 1] == 0x0A else { return nil }
        defer { rest = rest[(end + 2)...] }
        return rest[..<end]
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
