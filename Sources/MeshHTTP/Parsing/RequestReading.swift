internal import CMeshHTTPParser
internal import MeshCore

/// What a parser has gathered of a request; the callbacks of llhttp write it, and the parser empties it.
///
/// It lies in memory of its own, whose address llhttp carries, so that a callback costs no retain and no lock.
struct RequestReading {
    enum Phase { case head, body, ended, refused }

    /// Where a field's name and value end in `head`.
    struct Mark {
        let nameEnd: Int
        let valueEnd: Int
    }

    let limits: RequestLimits
    private(set) var phase = Phase.head

    /// Bytes of this head that llhttp has had.
    var headBytes = 0
    private(set) var bodyBytes: UInt64 = 0

    // The target, then names and values one behind the other.
    private(set) var head: [UInt8] = []
    private(set) var marks: [Mark] = []
    private(set) var targetEnd = 0
    private(set) var isOtherProtocol = false
    private var nameEnd: Int?

    private var emptyLineBytes = 0
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var overheadBytes: UInt64 = 0

    private var parsed: RequestHead?
    private var body: [UInt8] = []
    private var ending: RequestEvent?

    init(limits: RequestLimits) { self.limits = limits }

    mutating func begin() {
        phase = .head
        headBytes = 0
        bodyBytes = 0
        forgetHead()
        isOtherProtocol = false
        emptyLineBytes = 0
        extensionBytes = 0
        trailerBytes = 0
        overheadBytes = 0
        parsed = nil
        body = []
        ending = nil
    }

    private mutating func forgetHead() {
        head.removeAll(keepingCapacity: head.capacity <= Self.capacityKept)
        marks.removeAll(keepingCapacity: marks.capacity <= Self.capacityKept / 16)
        targetEnd = 0
        nameEnd = nil
    }

    mutating func nextEvent() -> RequestEvent? {
        if let head = parsed.take() { return .head(head) }
        if !body.isEmpty {
            var piece: [UInt8] = []
            swap(&piece, &body)
            return .body(piece)
        }
        return ending.take()
    }

    mutating func refuse(_ refusal: HTTPRefusal) {
        guard phase != .refused else { return }
        phase = .refused
        ending = .refused(refusal)
    }

    private static let capacityKept = 4_096
}

// MARK: - Bounds

extension RequestReading {
    /// How many bytes in front of a request line are line ends to be passed over.
    mutating func skipEmptyLines(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard phase == .head, headBytes == 0 else { return 0 }
        var count = 0
        while count < bytes.count {
            let isLineFeedDue = emptyLineBytes % 2 == 1
            let byte = bytes[count]
            guard isLineFeedDue || byte == 0x0D || byte == 0x0A else { break }
            guard byte == (isLineFeedDue ? 0x0A : 0x0D), emptyLineBytes < 2 * Limits.HTTPServer.maximumEmptyLines
            else {
                refuse(.malformed("no request line begins so"))
                return count
            }
            emptyLineBytes += 1
            count += 1
        }
        return count
    }

    mutating func refuseLongHead() {
        let isLineTooLong = marks.isEmpty && nameEnd == nil && head.count > limits.targetBytes
        refuse(isLineTooLong ? .longTarget : .longHead)
    }

    mutating func countOverhead(_ count: UInt64) {
        overheadBytes += count
        guard phase == .body, overheadBytes > 3 * bodyBytes + Limits.HTTPServer.maximumChunkOverheadBytes else {
            return
        }
        refuse(.malformed("the chunks are more than the body"))
    }
}

// MARK: - What llhttp tells

extension RequestReading {
    mutating func takeTarget(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        head.append(contentsOf: bytes)
        targetEnd = head.count
        return Self.goOn
    }

    mutating func takeProtocol(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        // RTSP and ICE, which llhttp takes for some methods, do not begin so; the rest of the word is llhttp's.
        if !bytes.allSatisfy({ "HTP".utf8.contains($0) }) { isOtherProtocol = true }
        return Self.goOn
    }

    mutating func takeName(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard phase == .head else { return takeTrailer(bytes.count) }
        nameEnd = nil
        for byte in bytes { head.append(HTTPFields.lowercased(byte)) }
        return Self.goOn
    }

    mutating func takeValue(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard phase == .head else { return takeTrailer(bytes.count) }
        if nameEnd == nil { nameEnd = head.count }
        head.append(contentsOf: bytes)
        return Self.goOn
    }

    mutating func endValue() -> Int32 {
        guard phase == .head else { return Self.goOn }
        let nameEnd = self.nameEnd ?? head.count
        // White space behind a value is none of it (RFC 9112 §5.1).
        while head.count > nameEnd, let last = head.last, last == 0x20 || last == 0x09 { head.removeLast() }
        marks.append(Mark(nameEnd: nameEnd, valueEnd: head.count))
        self.nameEnd = nil
        return Self.goOn
    }

    mutating func endHead(_ machine: UnsafeMutablePointer<llhttp_t>) -> Int32 {
        do throws(HTTPRefusal) {
            parsed = try RequestHead(self, machine)
        } catch {
            refuse(error)
            return Self.stop
        }
        phase = .body
        forgetHead()
        return Self.goOn
    }

    mutating func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard UInt64(bytes.count) <= limits.bodyBytes - min(bodyBytes, limits.bodyBytes) else {
            refuse(.longBody)
            return Self.stop
        }
        bodyBytes += UInt64(bytes.count)
        body.append(contentsOf: bytes)
        return Self.goOn
    }

    /// Refused as what llhttp itself refuses in a body, so that the answer does not hang on where the bytes are cut.
    mutating func takeExtension(_ count: Int) -> Int32 {
        extensionBytes += count
        guard extensionBytes > Limits.HTTPServer.maximumChunkExtensionBytes else { return Self.goOn }
        refuse(.malformed("the extensions of the chunks are too long"))
        return Self.stop
    }

    private mutating func takeTrailer(_ count: Int) -> Int32 {
        trailerBytes += count
        guard trailerBytes > Limits.HTTPServer.maximumTrailerBytes else { return Self.goOn }
        refuse(.malformed("the trailers are too long"))
        return Self.stop
    }

    mutating func endRequest() -> Int32 {
        phase = .ended
        ending = .end
        return Int32(bitPattern: HPE_PAUSED.rawValue)
    }

    private static let goOn: Int32 = 0
    private static let stop: Int32 = -1
}

extension HTTPRefusal {
    fileprivate static var longTarget: HTTPRefusal {
        HTTPRefusal(.uriTooLong, "uri_too_long", "the target is too long")
    }

    fileprivate static var longHead: HTTPRefusal {
        HTTPRefusal(.fieldsTooLarge, "fields_too_large", "the fields are too large")
    }

    static var longBody: HTTPRefusal {
        HTTPRefusal(.contentTooLarge, "content_too_large", "the body is too large")
    }
}
