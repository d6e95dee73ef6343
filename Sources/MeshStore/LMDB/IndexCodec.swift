internal import MeshActors
internal import MeshCore
internal import MeshWire

/// Keys and values of the index; every value ends with a checksum over its key and itself.
enum IndexCodec {
    /// Orders as addresses do: no kind holds a zero byte.
    static func key(_ address: ActorAddress) -> [UInt8] {
        Array(address.kind.name.utf8) + [0] + Array(address.key.utf8)
    }

    static func address(_ key: [UInt8]) throws(LMDBFailure) -> ActorAddress {
        guard let end = key.firstIndex(of: 0) else { throw .damaged("a key without a kind") }
        let (word, name) = (
            String(decoding: key[..<end], as: UTF8.self), String(decoding: key[(end + 1)...], as: UTF8.self)
        )
        do throws(WireError) {
            return try ActorAddress(ActorKind(checking: word), name)
        } catch {
            throw .damaged("a key that is no address")
        }
    }

    /// The key of the block of places that holds `head`.
    static func blockKey(_ number: UInt64, _ head: Head) -> [UInt8] {
        bytes(number) + bytes(head.rawValue & ~(PlaceBlock.entries - 1))
    }

    /// Orders as time does, whatever its sign, and then as addresses.
    static func wakeKey(_ wake: WallTime, _ address: [UInt8]) -> [UInt8] {
        bytes(UInt64(bitPattern: wake.millisecondsSince1970) ^ (1 << 63)) + address
    }

    static func wake(_ key: [UInt8]) throws(LMDBFailure) -> WallTime {
        guard key.count > 8 else { throw .damaged("a wake's key") }
        return WallTime(millisecondsSince1970: Int64(bitPattern: integer(key, at: 0) ^ (1 << 63)))
    }

    // MARK: Values

    static func sealed(_ value: [UInt8], at key: [UInt8]) -> [UInt8] {
        let checksum = checksum(value[...], at: key)
        return value + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (24 - 8 * $0)) }
    }

    static func opened(_ sealed: [UInt8], at key: [UInt8]) throws(LMDBFailure) -> [UInt8] {
        guard sealed.count >= 4 else { throw .damaged("a value without a checksum") }
        let value = sealed.dropLast(4)
        guard checksum(value, at: key) == checksum(endingIn: sealed) else { throw .damaged("a value does not check") }
        return Array(value)
    }

    /// The checksum that ends the value `sealed`.
    static func checksum(endingIn sealed: [UInt8]) -> UInt32 { sealed.suffix(4).reduce(0) { $0 << 8 | UInt32($1) } }

    private static func checksum(_ value: ArraySlice<UInt8>, at key: [UInt8]) -> UInt32 {
        var checksum = CRC32C()
        key.withUnsafeBytes { checksum.update($0) }
        value.withUnsafeBytes { checksum.update($0) }
        return checksum.value
    }

    /// The block of places that `sealed` at `key` holds, and whose it is.
    static func block(_ sealed: [UInt8], at key: [UInt8]) throws(LMDBFailure) -> (block: PlaceBlock, number: UInt64) {
        guard key.count == 16 else { throw .damaged("the key of a block of places") }
        let value = try opened(sealed, at: key)
        var outcome: Result<PlaceBlock, LMDBFailure>?
        value.withUnsafeBytes { bytes in
            outcome = Result { () throws(LMDBFailure) in
                try PlaceBlock(firstHead: integer(key, at: 8), value: bytes)
            }
        }
        guard let outcome else { throw .damaged("a block of places") }
        return (try outcome.get(), integer(key, at: 0))
    }

    static func value(_ progress: IndexProgress) -> [UInt8] {
        let cursor = progress.cursor ?? .start
        let numbers = [cursor.position.rawValue, progress.nextNumber, progress.items, progress.sum]
        return numbers.flatMap { bytes($0) } + cursor.hash.bytes
    }

    static func progress(_ value: [UInt8]) throws(LMDBFailure) -> IndexProgress {
        guard value.count == 32 + SHA256Digest.byteCount else { throw .damaged("the cursor") }
        let hash = value[32...].withUnsafeBytes { SHA256Digest($0) }
        let position = LogPosition(rawValue: integer(value, at: 0))
        var progress = IndexProgress()
        progress.cursor = LogCursor(position: position, hash: hash)
        progress.nextNumber = integer(value, at: 8)
        progress.items = integer(value, at: 16)
        progress.sum = integer(value, at: 24)
        return progress
    }

    static func value(_ row: ActorRow, number: UInt64) -> [UInt8] {
        var writer = WireWriter()
        writer.writeArrayHead(count: 9)
        writer.write(number)
        writer.write(row.epoch.rawValue)
        writer.write(row.head.rawValue)
        writer.write(bytes: row.chain.bytes)
        writer.write(row.snapshotHead.rawValue)
        if let position = row.snapshotPosition { writer.write(position.rawValue) } else { writer.writeNil() }
        if let wake = row.wake { writer.write(wake.millisecondsSince1970) } else { writer.writeNil() }
        if let owner = row.owner { writer.write(owner.node.text) } else { writer.writeNil() }
        writer.write(row.owner?.incarnation ?? 0)
        return writer.array
    }

    static func row(_ value: [UInt8]) throws(LMDBFailure) -> (row: ActorRow, number: UInt64) {
        do throws(WireError) {
            var reader = WireReader(value.span.bytes)
            let tail = try reader.beginRecord(fields: 9)
            let number = try reader.readUInt64()
            var row = ActorRow()
            row.epoch = Epoch(rawValue: try reader.readUInt64())
            row.head = Head(rawValue: try reader.readUInt64())
            let chain = try reader.readBytes()
            guard chain.count == SHA256Digest.byteCount else { throw WireError(.invalidValue, "a chain") }
            row.chain = chain.withUnsafeBytes { SHA256Digest($0) }
            row.snapshotHead = Head(rawValue: try reader.readUInt64())
            row.snapshotPosition = try reader.readNil() ? nil : LogPosition(rawValue: reader.readUInt64())
            row.wake = try reader.readNil() ? nil : WallTime(millisecondsSince1970: reader.readInt64())
            let name = try reader.readNil() ? nil : reader.readText()
            let incarnation = try reader.readUInt64()
            if let name {
                guard let node = try? NodeID(name) else { throw WireError(.invalidValue, "an owner") }
                row.owner = Owner(node: node, incarnation: incarnation)
            }
            try reader.endRecord(tail)
            return (row, number)
        } catch {
            throw .damaged("a row")
        }
    }

    static func bytes(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
    }

    private static func integer(_ bytes: [UInt8], at offset: Int) -> UInt64 {
        bytes[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
