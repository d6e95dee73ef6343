internal import CMeshHTTPParser
internal import MeshCore

extension RequestHead {
    /// The head that llhttp has let through, or why it is refused all the same.
    init(_ reading: borrowing RequestReading, _ machine: UnsafeMutablePointer<llhttp_t>) throws(HTTPRefusal) {
        let limits = reading.limits
        guard !reading.isOtherProtocol else { throw .malformed("this is not HTTP") }
        let version = try Self.version(machine)
        guard reading.targetEnd <= limits.targetBytes else {
            throw HTTPRefusal(.uriTooLong, "uri_too_long", "the target is too long")
        }
        guard reading.marks.count <= limits.fields else {
            throw HTTPRefusal(.fieldsTooLarge, "too_many_fields", "there are too many fields")
        }
        guard machine.pointee.method != UInt8(HTTP_CONNECT.rawValue) else {
            throw HTTPRefusal(.notImplemented, "no_tunnels", "this server is no proxy")
        }
        let found = try FoundFields(reading)
        let isChunked = try found.isChunked(version)
        // llhttp reads the body as it understands the field: where that is not as we do, nobody knows which counts.
        guard isChunked == (UInt32(machine.pointee.flags) & F_CHUNKED.rawValue != 0) else {
            throw .malformed("'transfer-encoding' cannot be understood")
        }
        let method = Self.method(machine)
        let (target, authority) = try Self.target(reading, method, host: try found.host(version))
        guard !found.expectsOther else {
            throw HTTPRefusal(HTTPStatus(417), "expectation_failed", "only '100-continue' can be expected")
        }
        let length = try found.length(limits)
        self.method = method
        self.target = target
        self.authority = authority
        self.version = version
        self.fields = found.fields
        self.framing = isChunked ? .chunked : length == 0 ? .none : .length(length)
        self.keepsAlive = llhttp_should_keep_alive(machine) != 0
        self.expectsContinue = found.expectsContinue && version == .http11 && self.framing != .none
        self.saidID = found.saidID
        self.saidTrace = found.traces == 1 ? found.saidTrace : nil
    }

    private static func version(_ machine: UnsafeMutablePointer<llhttp_t>) throws(HTTPRefusal) -> HTTPVersion {
        switch (machine.pointee.http_major, machine.pointee.http_minor) {
        case (1, 1): return .http11
        case (1, 0): return .http10
        default: throw .wrongVersion
        }
    }

    private static func method(_ machine: UnsafeMutablePointer<llhttp_t>) -> HTTPMethod {
        let method = llhttp_method_t(UInt32(machine.pointee.method))
        switch method {
        case HTTP_GET: return .get
        case HTTP_HEAD: return .head
        case HTTP_POST: return .post
        case HTTP_PUT: return .put
        case HTTP_PATCH: return .patch
        case HTTP_DELETE: return .delete
        case HTTP_OPTIONS: return .options
        default: return HTTPMethod(String(cString: llhttp_method_name(method)))
        }
    }

    /// Origin form, absolute form, or the asterisk of OPTIONS (RFC 9112 §3.2).
    private static func target(
        _ reading: borrowing RequestReading,
        _ method: HTTPMethod,
        host: String
    ) throws(HTTPRefusal) -> (RequestTarget, String) {
        let text = reading.head[..<reading.targetEnd]
        if text.first == UInt8(ascii: "/") {
            return (try checked(String(decoding: text, as: UTF8.self)), host)
        }
        if text.elementsEqual("*".utf8) {
            guard method == .options else { throw .malformed("only OPTIONS is about all of the server") }
            return (try checked("*"), host)
        }
        guard let start = authorityStart(text) else { throw .malformed("the target is of no known form") }
        let rest = text[start...]
        let delimiters = "/?#".utf8
        let end = rest.firstIndex { delimiters.contains($0) } ?? rest.endIndex
        guard RequestAuthority.isWellFormed(rest[..<end]) else { throw .malformed("the target names no host") }
        let path = String(decoding: rest[end...], as: UTF8.self)
        let authority = String(decoding: rest[..<end], as: UTF8.self)
        guard !path.isEmpty else { return (try checked(method == .options ? "*" : "/"), authority) }
        return (try checked(path.utf8.first == UInt8(ascii: "/") ? path : "/" + path), authority)
    }

    private static func authorityStart(_ text: ArraySlice<UInt8>) -> Int? {
        for scheme in ["http://", "https://"] {
            let head = text.prefix(scheme.utf8.count).map { HTTPFields.lowercased($0) }
            if head.elementsEqual(scheme.utf8) { return text.startIndex + scheme.utf8.count }
        }
        return nil
    }

    private static func checked(_ text: String) throws(HTTPRefusal) -> RequestTarget {
        guard let target = RequestTarget(text) else { throw .malformed("the target is malformed") }
        return target
    }
}

/// The fields of a head, and those among them that say how it is to be read.
private struct FoundFields {
    var fields = HTTPFields()
    var saidID: RequestID?
    var saidTrace: TraceContext?
    var traces = 0
    var expectsContinue = false
    var expectsOther = false

    private var hosts = 0
    private var hostText = ""
    private var isHostWellFormed = true
    private var codings = 0
    private var coding: [UInt8] = []
    private var lengths = 0
    private var lengthText: UInt64?

    init(_ reading: borrowing RequestReading) throws(HTTPRefusal) {
        var start = reading.targetEnd
        fields.reserve(fields: reading.marks.count, bytes: reading.head.count - start)
        for mark in reading.marks {
            let name = reading.head[start..<mark.nameEnd]
            let value = reading.head[mark.nameEnd..<mark.valueEnd]
            guard value.allSatisfy(HTTPFields.isValueByte) else {
                throw .malformed("a control stands in a field")
            }
            note(name, value)
            fields.appendParsed(name: name, value: value)
            start = mark.valueEnd
        }
    }

    private mutating func note(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        switch name.count {
        case 4 where name.elementsEqual("host".utf8):
            hosts += 1
            isHostWellFormed = RequestAuthority.isWellFormed(value)
            hostText = String(decoding: value, as: UTF8.self)
        case 6 where name.elementsEqual("expect".utf8):
            let isContinue = value.lazy.map(HTTPFields.lowercased).elementsEqual("100-continue".utf8)
            if isContinue { expectsContinue = true } else { expectsOther = true }
        case 11 where name.elementsEqual("traceparent".utf8):
            traces += 1
            saidTrace = TraceContext(traceparent: value)
        case 12 where name.elementsEqual("x-request-id".utf8):
            saidID = RequestID(said: String(decoding: value, as: UTF8.self))
        case 14 where name.elementsEqual("content-length".utf8):
            lengths += 1
            lengthText = Self.number(value)
        case 17 where name.elementsEqual("transfer-encoding".utf8):
            codings += 1
            coding = value.map(HTTPFields.lowercased)
        default: break
        }
    }

    /// Exactly one in HTTP/1.1, at most one in HTTP/1.0 (RFC 9112 §3.2).
    func host(_ version: HTTPVersion) throws(HTTPRefusal) -> String {
        guard hosts == 1 || hosts == 0 && version == .http10 else {
            throw .malformed(hosts == 0 ? "the field 'host' is missing" : "there are several fields 'host'")
        }
        guard hosts == 0 || isHostWellFormed else { throw .malformed("the field 'host' names no host") }
        return hostText
    }

    /// Only exactly `chunked`, once, without a length, in HTTP/1.1: anything else has been used to smuggle requests
    /// past servers in front (RFC 9112 §6.1, §11.2).
    func isChunked(_ version: HTTPVersion) throws(HTTPRefusal) -> Bool {
        guard codings > 0 else { return false }
        guard version == .http11 else { throw .malformed("HTTP/1.0 has no 'transfer-encoding'") }
        guard lengths == 0 else { throw .malformed("the length is said in two ways") }
        if codings == 1, coding.elementsEqual("chunked".utf8) { return true }
        let chunked = coding.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { word in
            word.filter { $0 != 0x20 && $0 != 0x09 }.elementsEqual("chunked".utf8)
        }
        guard codings == 1, chunked.dropLast().allSatisfy({ !$0 }), chunked.last == true || !chunked.contains(true)
        else {
            throw .malformed("'transfer-encoding' is said in several ways")
        }
        throw HTTPRefusal(.notImplemented, "unknown_coding", "'chunked' is the only transfer coding")
    }

    func length(_ limits: RequestLimits) throws(HTTPRefusal) -> UInt64 {
        guard lengths > 0 else { return 0 }
        guard lengths == 1, let lengthText else { throw .malformed("'content-length' is no number") }
        guard lengthText <= limits.bodyBytes else { throw .longBody }
        return lengthText
    }

    /// Digits alone, without a sign, a list or white space.
    private static func number(_ text: ArraySlice<UInt8>) -> UInt64? {
        guard (1...19).contains(text.count) else { return nil }
        var number: UInt64 = 0
        for byte in text {
            guard byte &- UInt8(ascii: "0") < 10 else { return nil }
            number = number * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return number
    }
}
