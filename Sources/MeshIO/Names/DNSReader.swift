internal import MeshCore

/// Reads the pieces of a DNS message; every length is checked before anything is read.
struct DNSReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func readByte() throws(DNSError) -> UInt8 {
        guard offset < bytes.count else { throw DNSError(.truncated, "the answer ends at \(offset)") }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func readNumber() throws(DNSError) -> UInt16 {
        let high = try readByte()
        return UInt16(high) << 8 | UInt16(try readByte())
    }

    mutating func skip(_ count: Int) throws(DNSError) {
        guard count <= bytes.count - offset else { throw DNSError(.truncated, "the answer ends before \(count) bytes") }
        offset += count
    }

    /// A name, which may go on elsewhere (RFC 1035 §4.1.4): only before where its last part began.
    ///
    /// So never in a circle.
    mutating func readName() throws(DNSError) -> DNSName {
        var labels: [[UInt8]] = []
        var (byteCount, pointers) = (1, 0)
        var (partStart, end): (Int, Int?) = (offset, nil)
        while true {
            let length = Int(try readByte())
            switch length >> 6 {
            case 0 where length == 0:
                if let end { offset = end }
                return DNSName(labels: labels)
            case 0:
                byteCount += length + 1
                guard byteCount <= Limits.Names.maximumNameBytes else {
                    throw DNSError(.malformedName, "a name of more than \(Limits.Names.maximumNameBytes) bytes")
                }
                let start = offset
                try skip(length)
                labels.append(bytes[start..<offset].map(DNSName.lowercased))
            case 3:
                let target = (length & 0x3F) << 8 | Int(try readByte())
                pointers += 1
                guard target < partStart, pointers <= Limits.Names.maximumPointers else {
                    throw DNSError(.malformedName, "a name goes on at \(target), and began at \(partStart)")
                }
                end = end ?? offset
                (offset, partStart) = (target, target)
            default: throw DNSError(.malformedName, "a label of an unknown kind")
            }
        }
    }
}
