internal import Glibc
internal import MeshCore

/// The body of a request on its way into the library: a value that knows what is left.
struct TransferUpload {
    enum Outcome: Hashable {
        /// So many bytes were given.
        case gave(Int)
        /// The body is over.
        case ended
        /// There is nothing yet.
        case nothing
    }

    private var piece: [UInt8]
    private var offset = 0
    private var isEnded: Bool
    private(set) var sent: UInt64 = 0
    private let declared: UInt64?

    /// The length that a body is said to have; nil where nobody knows.
    static func length(of body: ClientRequest.Body) -> UInt64? {
        switch body {
        case .empty: 0
        case .bytes(let bytes): UInt64(bytes.count)
        case .stream(let length, _): length
        }
    }

    init(_ body: ClientRequest.Body) {
        declared = Self.length(of: body)
        if case .bytes(let bytes) = body { piece = bytes } else { piece = [] }
        if case .stream = body { isEnded = false } else { isEnded = true }
    }

    /// Whether all that was announced has been given.
    var isWhole: Bool { declared.map { sent == $0 } ?? (isEnded && offset == piece.count) }

    /// Fills `room` with what comes next.
    mutating func give(into room: UnsafeMutableRawBufferPointer) -> Outcome {
        let count = min(room.count, piece.count - offset)
        guard count > 0 else { return isEnded ? .ended : .nothing }
        piece.withUnsafeBytes { room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
        offset += count
        sent += UInt64(count)
        if offset == piece.count { (piece, offset) = ([], 0) }
        return .gave(count)
    }

    /// Takes the next piece; nil is the end.
    ///
    /// Throws `malformed` where the body is not as long as was said.
    mutating func take(_ next: [UInt8]?) throws(HTTPError) {
        guard let next else {
            isEnded = true
            guard declared == nil || declared == sent else {
                throw HTTPError(.malformed, "the body is shorter than was said")
            }
            return
        }
        (piece, offset) = (next, 0)
        guard declared.map({ sent + UInt64(next.count) <= $0 }) ?? true else {
            throw HTTPError(.malformed, "the body is longer than was said")
        }
    }
}
