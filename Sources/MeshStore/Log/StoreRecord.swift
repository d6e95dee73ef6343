package import MeshActors
package import MeshCore
package import MeshWire

/// What a record is.
///
/// The numbers are part of stored data.
package enum RecordKind: UInt8, Hashable, Sendable {
    /// An entry, where it was first written.
    case entry = 1
    /// An entry, copied to the log's end before its first place was dropped.
    case carriedEntry = 2
    /// A snapshot.
    case snapshot = 3
    /// Who owns the actor from here on, if anybody.
    case ownership = 4

    /// Whether it is an entry, wherever that was first written.
    var isEntry: Bool { self == .entry || self == .carriedEntry }
}

/// The part of a record that an index needs.
package struct RecordHead: Hashable, Sendable {
    /// What it is.
    package let kind: RecordKind

    /// The actor's chain at this head: for an entry the hash of the chain before and of this entry's bytes.
    package let chain: SHA256Digest

    /// Whose it is.
    package let address: ActorAddress

    /// The ownership under which it was written.
    package let epoch: Epoch

    /// The entry's position, or the one at which the snapshot stands.
    package let head: Head

    /// When the actor wanted to be activated, as of this record.
    package let wake: WallTime?
}

/// What a record holds.
package enum RecordContent: Hashable, Sendable {
    /// An entry and its owner's time.
    case entry(JournalEntry, WallTime)
    /// The bytes of a snapshot.
    case snapshot([UInt8])
    /// The owner, or nil where the actor has been given up.
    case ownership(Owner?)
}

/// One record of the log.
///
/// Its form in bytes: docs/store-format.md, "Records".
package struct StoreRecord: Hashable, Sendable {
    /// Which actor, which head.
    package let head: RecordHead

    /// What it says.
    package let content: RecordContent
}

extension StoreRecord {
    /// Bytes in front of a record's body: its length and its checksum.
    package static let frameBytes = 8

    /// Bytes in front of a body's payload: kind and chain.
    static let prefixBytes = 1 + SHA256Digest.byteCount

    /// The record that `body` spells, checksum already checked.
    package init(body: UnsafeRawBufferPointer) throws(WireError) {
        let (kind, chain) = try Self.prefix(of: body)
        var reader = WireReader(body.part(Self.prefixBytes..<body.count).bytes)
        let tail = try reader.beginRecord(fields: kind.fieldCount)
        head = try RecordHead(kind, chain, &reader)
        switch kind {
        case .snapshot: content = .snapshot(try reader.readBytes())
        case .ownership: content = .ownership(try reader.readOwner())
        case .entry, .carriedEntry:
            let wallTime = WallTime(millisecondsSince1970: try reader.readInt64())
            guard let command = CommandID(bytes: try reader.readBytes()) else {
                throw WireError(.invalidValue, "a command's id has 16 bytes")
            }
            var events: [[UInt8]] = []
            let count = try reader.beginArray()
            events.reserveCapacity(WireReader.roomBeforeReading(count))
            for _ in 0..<count { events.append(try reader.readBytes()) }
            reader.endNesting()
            let answer = try reader.readBytes()
            content = .entry(JournalEntry(command: command, events: events, answer: answer), wallTime)
        }
        try reader.endRecord(tail)
        try reader.finish()
    }

    private static func prefix(of body: UnsafeRawBufferPointer) throws(WireError) -> (RecordKind, SHA256Digest) {
        guard body.count > prefixBytes, let kind = RecordKind(rawValue: body[0]) else {
            throw WireError(.invalidValue, "no kind of record that this version knows")
        }
        return (kind, SHA256Digest(body.part(1..<prefixBytes)))
    }

    /// The head of the record that `body` spells; what it holds is skipped unread.
    package static func head(of body: UnsafeRawBufferPointer) throws(WireError) -> RecordHead {
        let (kind, chain) = try prefix(of: body)
        var reader = WireReader(body.part(prefixBytes..<body.count).bytes)
        _ = try reader.beginRecord(fields: kind.fieldCount)
        return try RecordHead(kind, chain, &reader)
    }
}

extension RecordKind {
    /// How many fields the payload had in the first version.
    fileprivate var fieldCount: Int {
        switch self {
        case .entry, .carriedEntry: 9
        case .snapshot: 6
        case .ownership: 7
        }
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    fileprivate mutating func readOwner() throws(WireError) -> Owner? {
        if try readNil() {
            try skipItem()
            return nil
        }
        let name = try readText()
        guard let node = try? NodeID(name) else { throw WireError(.invalidValue, "an owner is no node's name") }
        return Owner(node: node, incarnation: try readUInt64())
    }
}

extension RecordHead {
    fileprivate init(_ kind: RecordKind, _ chain: SHA256Digest, _ reader: inout WireReader) throws(WireError) {
        self.kind = kind
        self.chain = chain
        let word = try ActorKind(checking: reader.readText())
        address = try ActorAddress(word, reader.readText())
        epoch = Epoch(rawValue: try reader.readUInt64())
        head = Head(rawValue: try reader.readUInt64())
        wake = try reader.readNil() ? nil : WallTime(millisecondsSince1970: reader.readInt64())
    }
}

extension WireWriter {
    /// Appends the payload of an entry.
    mutating func writeEntry(_ entry: JournalEntry, of append: JournalAppend, at head: Head) {
        writeArrayHead(count: 9)
        writeHead(append.address, append.epoch, head, append.wake)
        write(append.wallTime.millisecondsSince1970)
        write(bytes: entry.command.bytes)
        writeArrayHead(count: entry.events.count)
        for event in entry.events { write(bytes: event) }
        write(bytes: entry.answer)
    }

    /// Appends the payload of a snapshot.
    mutating func writeSnapshot(_ snapshot: Snapshot, of address: ActorAddress, _ epoch: Epoch, wake: WallTime?) {
        writeArrayHead(count: 6)
        writeHead(address, epoch, snapshot.head, wake)
        write(bytes: snapshot.bytes)
    }

    /// Appends the payload of an ownership.
    mutating func writeOwnership(
        _ owner: Owner?,
        of address: ActorAddress,
        _ epoch: Epoch,
        _ head: Head,
        wake: WallTime?
    ) {
        writeArrayHead(count: 7)
        writeHead(address, epoch, head, wake)
        if let owner { write(owner.node.text) } else { writeNil() }
        write(owner?.incarnation ?? 0)
    }

    private mutating func writeHead(_ address: ActorAddress, _ epoch: Epoch, _ head: Head, _ wake: WallTime?) {
        write(address.kind.name)
        write(address.key)
        write(epoch.rawValue)
        write(head.rawValue)
        if let wake { write(wake.millisecondsSince1970) } else { writeNil() }
    }
}
