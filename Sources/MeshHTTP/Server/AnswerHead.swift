internal import MeshCore

/// Writes the head of an answer (RFC 9112 §4).
struct AnswerHead {
    /// How the length of the body is told.
    enum Framing: Hashable {
        /// Not at all: the status has none, or the connection ends behind it.
        case none
        /// `content-length`.
        case length(UInt64)
        /// `transfer-encoding: chunked`.
        case chunked
    }

    let status: HTTPStatus
    let framing: Framing
    let id: RequestID
    /// What the client is told of its trace; nil where it has said none.
    var trace: TraceContext?
    let date: [UInt8]

    /// Whether the client must be told what becomes of the connection, other than its version says.
    enum Persistence { case implied, close, keepAlive, upgrade }
    let persistence: Persistence

    func write(_ fields: HTTPFields, to output: inout OutputBuffer) {
        if status == .ok {
            output.append("HTTP/1.1 200 OK\r\ndate: ")
        } else {
            output.append("HTTP/1.1 ")
            output.append(number: UInt64(status.code))
            output.append(" ")
            output.append(status.reason)
            output.append("\r\ndate: ")
        }
        output.append(date)
        output.append("\r\n")
        func write(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
            guard !Self.isOurs(name) else { return }
            output.append(name)
            output.append(": ")
            output.append(value)
            output.append("\r\n")
        }
        fields.forEach(write)
        switch persistence {
        case .implied: break
        case .close: output.append("connection: close\r\n")
        case .keepAlive: output.append("connection: keep-alive\r\n")
        case .upgrade: output.append("connection: upgrade\r\n")
        }
        switch framing {
        case .none: break
        case .chunked: output.append("transfer-encoding: chunked\r\n")
        case .length(let length):
            output.append("content-length: ")
            output.append(number: length)
            output.append("\r\n")
        }
        if let trace {
            output.append("traceparent: ")
            output.append(trace.traceparent)
            output.append("\r\n")
        }
        output.append("x-request-id: ")
        output.append(id.text)
        output.append("\r\n\r\n")
    }

    /// Whether the field is the server's to write.
    private static func isOurs(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 4: name.elementsEqual("date".utf8)
        case 10: name.elementsEqual("connection".utf8) || name.elementsEqual("keep-alive".utf8)
        case 11: name.elementsEqual("traceparent".utf8)
        case 12: name.elementsEqual("x-request-id".utf8)
        case 14: name.elementsEqual("content-length".utf8)
        case 17: name.elementsEqual("transfer-encoding".utf8)
        default: false
        }
    }
}
