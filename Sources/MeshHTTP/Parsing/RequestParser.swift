internal import CMeshHTTPParser
internal import MeshCore

/// Reads one request at a time out of bytes that come in any pieces: llhttp, and the rules where that is lenient.
///
/// Sans-IO: ``feed(_:)`` takes bytes, then ``nextEvent()`` gives what they meant, until it gives nil. Nothing is handed
/// out of a head before all of it was checked. However the same bytes are cut, the events are the same, but for where
/// a body is cut. It stops behind each request, so that the bytes of the next stay with the caller, and goes on with
/// ``begin()``. No input traps.
///
/// A class because llhttp keeps pointers to itself; a connection that is idle needs none, so they are lent from a pool.
package final class RequestParser {
    private let machine: UnsafeMutablePointer<llhttp_t>
    private let reading: UnsafeMutablePointer<RequestReading>

    /// A parser that waits for the first byte of a request.
    package init(limits: RequestLimits) {
        machine = .allocate(capacity: 1)
        reading = .allocate(capacity: 1)
        reading.initialize(to: RequestReading(limits: limits))
        begin()
    }

    deinit {
        reading.deinitialize(count: 1)
        reading.deallocate()
        machine.deallocate()
    }

    /// Waits for the first byte of another request.
    package func begin() {
        llhttp_init(machine, HTTP_REQUEST, RequestCallbacks.settings)
        machine.pointee.data = UnsafeMutableRawPointer(reading)
        reading.pointee.begin()
    }

    /// Whether a byte of a request has come that is not over.
    package var isWithinRequest: Bool {
        switch reading.pointee.phase {
        case .head: reading.pointee.headBytes > 0
        case .body: true
        case .ended, .refused: false
        }
    }

    /// Takes bytes and returns how many; fewer than there are only once the request is complete or refused.
    package func feed(_ bytes: UnsafeRawBufferPointer) -> Int {
        var offset = reading.pointee.skipEmptyLines(bytes)
        while offset < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            switch reading.pointee.phase {
            case .head: offset += feedHead(rest)
            case .body: offset += feedBody(rest)
            case .ended, .refused: return offset
            }
        }
        return offset
    }

    /// What the bytes meant, in its order; nil when all of it was given.
    package func nextEvent() -> RequestEvent? { reading.pointee.nextEvent() }

    /// Never more than a head may have, so that the bound holds however the bytes are cut.
    private func feedHead(_ bytes: UnsafeRawBufferPointer) -> Int {
        let room = max(0, reading.pointee.limits.headBytes - reading.pointee.headBytes)
        let taken = execute(UnsafeRawBufferPointer(rebasing: bytes.prefix(room)))
        reading.pointee.headBytes += taken
        if reading.pointee.phase == .head, taken == room { reading.pointee.refuseLongHead() }
        return taken
    }

    private func feedBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        let before = reading.pointee.bodyBytes
        let taken = execute(bytes)
        reading.pointee.countOverhead(UInt64(taken) - min(UInt64(taken), reading.pointee.bodyBytes - before))
        return taken
    }

    private func execute(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return 0 }
        let status = llhttp_execute(machine, start, bytes.count)
        switch status {
        case HPE_OK: return bytes.count
        case HPE_PAUSED, HPE_PAUSED_UPGRADE:
            return llhttp_get_error_pos(machine).map { $0 - UnsafePointer(start) } ?? bytes.count
        default:
            // Where the reason is one of ours, it was noted in the callback.
            if reading.pointee.phase != .refused {
                reading.pointee.refuse(ParserFault(status, machine, bytes).refusal)
            }
            return bytes.count
        }
    }
}

/// What an error of llhttp means for the client.
private struct ParserFault {
    let refusal: HTTPRefusal

    init(_ status: llhttp_errno_t, _ machine: UnsafeMutablePointer<llhttp_t>, _ bytes: UnsafeRawBufferPointer) {
        switch status {
        case HPE_INVALID_METHOD where Self.isMethodByte(at: llhttp_get_error_pos(machine), in: bytes):
            refusal = .unknownMethod
        case HPE_INVALID_VERSION where Self.reason(machine) == "Invalid HTTP version", HPE_PAUSED_H2_UPGRADE:
            refusal = .wrongVersion
        default:
            refusal = .malformed("the request cannot be understood: \(Self.reason(machine))")
        }
    }

    /// Its own words, which hold nothing of the request.
    private static func reason(_ machine: UnsafeMutablePointer<llhttp_t>) -> String {
        llhttp_get_error_reason(machine).map { String(cString: $0) } ?? "unknown"
    }

    /// A method that nobody knows is a word like those known; other bytes are no HTTP at all, such as a TLS hello.
    private static func isMethodByte(at position: UnsafePointer<CChar>?, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard let position, let start = bytes.baseAddress else { return false }
        let offset = UnsafeRawPointer(position) - start
        guard bytes.indices.contains(offset) else { return false }
        switch bytes[offset] {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"): return true
        default: return false
        }
    }
}

extension HTTPRefusal {
    /// 400, which says why.
    static func malformed(_ message: String) -> HTTPRefusal { HTTPRefusal(.badRequest, "bad_request", message) }

    static var unknownMethod: HTTPRefusal {
        HTTPRefusal(.notImplemented, "unknown_method", "the method is none of those known")
    }

    static var wrongVersion: HTTPRefusal {
        HTTPRefusal(.versionNotSupported, "version_not_supported", "HTTP/1.0 and HTTP/1.1 are spoken here")
    }
}
