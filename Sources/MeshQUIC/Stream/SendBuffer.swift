internal import CMeshQUIC

/// What a stream has still to send, and what it has sent and the peer has not yet acknowledged.
///
///     released │ acknowledged…  sent, kept for retransmission │ still to be sent │ written next
///                     ▲ kept                                  ▲ next             ▲ end
///
/// ngtcp2 keeps pointers into what it was given until it is acknowledged, so the bytes lie in pieces of memory that
/// never move. A piece is let go as a whole, and what it holds counts until then.
struct SendBuffer: ~Copyable {
    private struct Piece {
        let memory: UnsafeMutableRawBufferPointer
        var count: Int
    }

    private var pieces: [Piece] = []
    /// The first piece that is not released: pieces before it are gone.
    private var firstPiece = 0
    /// Bytes of the first piece that are acknowledged.
    private var acknowledgedInFirst = 0
    /// Where sending goes on.
    private var nextPiece = 0
    private var nextOffset = 0

    /// Bytes that were never sent.
    private(set) var unsentBytes = 0
    /// Bytes that are held, sent or not; those of a piece until all of it is acknowledged.
    private(set) var heldBytes = 0

    init() {}

    deinit {
        for piece in pieces[firstPiece...] { piece.memory.deallocate() }
    }

    /// Copies `header` and then `bytes` to the end; what comes first is held in as much memory as both need.
    mutating func append(_ header: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer) {
        if pieces.isEmpty, !header.isEmpty { addPiece(min(header.count + bytes.count, Self.largestPieceBytes)) }
        append(header)
        append(bytes)
    }

    /// Copies `bytes` to the end.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        var rest = bytes[...]
        if let last = pieces.indices.last, last >= firstPiece {
            let room = pieces[last].memory.count - pieces[last].count
            fill(last, with: rest.prefix(room))
            rest = rest.dropFirst(room)
        }
        while !rest.isEmpty {
            let count = min(rest.count, Self.largestPieceBytes)
            addPiece(max(count, pieces.isEmpty ? 0 : Self.pieceBytes))
            fill(pieces.count - 1, with: rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        unsentBytes += bytes.count
        heldBytes += bytes.count
    }

    private mutating func addPiece(_ byteCount: Int) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 1)
        pieces.append(Piece(memory: memory, count: 0))
    }

    private mutating func fill(_ index: Int, with bytes: Slice<UnsafeRawBufferPointer>) {
        let piece = pieces[index]
        let free = UnsafeMutableRawBufferPointer(rebasing: piece.memory[piece.count...])
        free.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes))
        pieces[index].count += bytes.count
    }

    /// Fills `vectors` with what is to be sent next; returns how many hold something, and their bytes.
    func describeUnsent(in vectors: UnsafeMutableBufferPointer<ngtcp2_vec>) -> (vectors: Int, bytes: Int) {
        var (filled, bytes, index, offset) = (0, 0, nextPiece, nextOffset)
        while filled < vectors.count, index < pieces.count {
            let piece = pieces[index]
            if piece.count > offset, let base = piece.memory.baseAddress {
                let start = (base + offset).assumingMemoryBound(to: UInt8.self)
                vectors[filled] = ngtcp2_vec(base: start, len: piece.count - offset)
                bytes += piece.count - offset
                filled += 1
            }
            index += 1
            offset = 0
        }
        return (filled, bytes)
    }

    /// The next `count` bytes have been taken into packets.
    mutating func sent(_ count: Int) {
        unsentBytes -= count
        var left = count
        while left > 0 {
            let rest = pieces[nextPiece].count - nextOffset
            if left < rest || nextPiece == pieces.count - 1 {
                nextOffset += left
                return
            }
            left -= rest
            nextPiece += 1
            nextOffset = 0
        }
    }

    /// The peer has the next `count` of the bytes that it had not acknowledged: they are not needed again.
    ///
    /// Returns how many bytes are no longer held.
    mutating func acknowledged(_ count: Int) -> Int {
        let before = heldBytes
        var left = count
        while left > 0 {
            let rest = pieces[firstPiece].count - acknowledgedInFirst
            guard left >= rest else {
                acknowledgedInFirst += left
                break
            }
            left -= rest
            heldBytes -= pieces[firstPiece].count
            release()
        }
        return before - heldBytes
    }

    /// Lets the first piece go, all of which is acknowledged.
    private mutating func release() {
        pieces[firstPiece].memory.deallocate()
        firstPiece += 1
        acknowledgedInFirst = 0
        if firstPiece > nextPiece {
            nextPiece = firstPiece
            nextOffset = 0
        }
        if firstPiece == pieces.count {
            pieces.removeAll(keepingCapacity: true)
            (firstPiece, nextPiece, nextOffset) = (0, 0, 0)
        } else if firstPiece >= Self.compactedPieces {
            pieces.removeFirst(firstPiece)
            nextPiece -= firstPiece
            firstPiece = 0
        }
    }

    /// No piece is larger, so that a peer which acknowledges all but a little keeps little.
    private static let largestPieceBytes = 64 * 1_024
    /// A piece behind the first of a stream has at least this size, so that many small writes share one.
    private static let pieceBytes = 16 * 1_024
    /// Released pieces that may stand in front before the list is moved up.
    private static let compactedPieces = 64
}
