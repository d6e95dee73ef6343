import MeshHTTP

/// What a parser made of bytes, with the pieces of each body joined.
struct ParsedBytes: Equatable {
    /// One request.
    struct Request: Equatable {
        var line: String
        var authority: String
        var fields: [String]
        var framing: RequestHead.Framing
        var keepsAlive: Bool
        var body: [UInt8] = []
        var isComplete = false
        var head: RequestHead?

        static func == (left: Request, right: Request) -> Bool {
            left.line == right.line && left.authority == right.authority && left.fields == right.fields
                && left.framing == right.framing && left.keepsAlive == right.keepsAlive && left.body == right.body
                && left.isComplete == right.isComplete
        }

        init(_ head: RequestHead) {
            line = "\(head.method.name) \(head.target.text) \(head.version.rawValue)"
            authority = head.authority
            fields = head.fields.all.map { "\($0.name): \($0.value)" }
            framing = head.framing
            keepsAlive = head.keepsAlive
            self.head = head
        }
    }

    var requests: [Request] = []
    var refusal: HTTPRefusal?
    var left = 0

    /// Feeds `bytes` in pieces of `size`, and begins again behind each request.
    init(_ bytes: [UInt8], piece size: Int? = nil, limits: RequestLimits = RequestLimits()) {
        let parser = RequestParser(limits: limits)
        var offset = 0
        while offset < bytes.count, refusal == nil {
            let end = min(bytes.count, offset + (size ?? bytes.count))
            offset += bytes[offset..<end].withUnsafeBytes { parser.feed($0) }
            while let event = parser.nextEvent() {
                switch event {
                case .head(let head): requests.append(Request(head))
                case .body(let piece): requests[requests.count - 1].body += piece
                case .end:
                    requests[requests.count - 1].isComplete = true
                    parser.begin()
                case .refused(let refusal): self.refusal = refusal
                }
            }
        }
        left = bytes.count - offset
    }

    init(_ text: String, piece size: Int? = nil, limits: RequestLimits = RequestLimits()) {
        self.init(Array(text.utf8), piece: size, limits: limits)
    }

    var status: UInt16? { refusal?.status.code }
}
