internal import MeshActors
package import MeshCore
internal import MeshWire

// How values of lower modules stand in this module's records.

extension WireWriter {
    mutating func write(_ time: WallTime) { write(time.millisecondsSince1970) }
    mutating func write(_ digest: SHA256Digest) { write(bytes: digest.bytes) }
    mutating func write(_ identity: NodeIdentity) { write(identity.text) }

    mutating func write(_ id: UniqueID) { write(high: id.high, low: id.low) }

    mutating func write(_ digests: [SHA256Digest]) {
        writeArrayHead(count: digests.count)
        for digest in digests { write(digest) }
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    mutating func readTime() throws(WireError) -> WallTime { WallTime(millisecondsSince1970: try readInt64()) }

    @_lifetime(self: copy self)
    mutating func readDigest() throws(WireError) -> SHA256Digest {
        let bytes = try readBytes()
        guard bytes.count == SHA256Digest.byteCount else {
            throw WireError(.invalidValue, "\(bytes.count) bytes where a SHA-256 belongs")
        }
        return bytes.withUnsafeBytes { SHA256Digest($0) }
    }

    @_lifetime(self: copy self)
    mutating func readIdentity() throws(WireError) -> NodeIdentity {
        let text = try readText()
        do throws(CoreError) { return try NodeIdentity(text) } catch {
            throw WireError(.invalidValue, "no identity of a node", cause: error)
        }
    }

    @_lifetime(self: copy self)
    mutating func readIdentifier<Subject>() throws(WireError) -> Identifier<Subject> {
        let text = try readText()
        do throws(CoreError) { return try Identifier(text) } catch {
            throw WireError(.invalidValue, "no name", cause: error)
        }
    }

    @_lifetime(self: copy self)
    mutating func readRole() throws(WireError) -> NodeRole {
        switch try readUInt64() {
        case 0: return .edge
        case 1: return .hub
        default: throw WireError(.invalidValue, "no role has such a number")
        }
    }

    @_lifetime(self: copy self)
    mutating func readUniqueID() throws(WireError) -> UniqueID {
        let (high, low) = try readSixteenBytes()
        return UniqueID(high: high, low: low)
    }

    /// At most `maximum` hashes.
    @_lifetime(self: copy self)
    mutating func readDigests(atMost maximum: Int) throws(WireError) -> [SHA256Digest] {
        let count = try beginArray()
        guard count <= maximum else { throw WireError(.tooManyElements, "\(count) hashes, limit \(maximum)") }
        var digests: [SHA256Digest] = []
        for _ in 0..<count { digests.append(try readDigest()) }
        endNesting()
        return digests
    }

    /// Bytes, at most `maximum` of them.
    @_lifetime(self: copy self)
    mutating func readBytes(atMost maximum: Int) throws(WireError) -> [UInt8] {
        let bytes = try readBytes()
        guard bytes.count <= maximum else {
            throw WireError(.invalidValue, "\(bytes.count) bytes where at most \(maximum) belong")
        }
        return bytes
    }

    /// At most `maximum` byte strings of at most `bytes` each.
    @_lifetime(self: copy self)
    mutating func readList(atMost maximum: Int, bytes: Int) throws(WireError) -> [[UInt8]] {
        let count = try beginArray()
        guard count <= maximum else { throw WireError(.tooManyElements, "\(count) elements, limit \(maximum)") }
        var list: [[UInt8]] = []
        for _ in 0..<count { list.append(try readBytes(atMost: bytes)) }
        endNesting()
        return list
    }

    /// Text of at most `maximum` bytes.
    @_lifetime(self: copy self)
    mutating func readText(atMost maximum: Int) throws(WireError) -> String {
        let text = try readText()
        guard text.utf8.count <= maximum else {
            throw WireError(.invalidValue, "\(text.utf8.count) bytes of text where at most \(maximum) belong")
        }
        return text
    }
}

extension WallTime {
    /// The moment `duration` later.
    package func moved(by duration: Duration) -> WallTime {
        let (milliseconds, overflow) = millisecondsSince1970.addingReportingOverflow(
            duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
        )
        return overflow ? self : WallTime(millisecondsSince1970: milliseconds)
    }

    /// How long it is from `earlier` until this moment; below zero where it came before.
    package func since(_ earlier: WallTime) -> Duration {
        let (milliseconds, overflow) = millisecondsSince1970.subtractingReportingOverflow(earlier.millisecondsSince1970)
        return .milliseconds(overflow ? (self < earlier ? Int64.min / 2 : Int64.max / 2) : milliseconds)
    }
}
