package import MeshActors
package import MeshCore
package import MeshWire

/// The API keys of one tenant: those that count, and for a while those that did.
///
/// One actor a tenant (key: the tenant's name). Secrets never come here: a key's SHA-256 does.
package struct KeyRing: Journaled, Hashable {
    package static let kind = ActorKind("keys")

    package static var commands: CommandTable<JournaledActor<KeyRing>> {
        CommandTable().accepting(Create.self).accepting(Revoke.self).accepting(List.self)
    }

    /// In the order of their ids.
    package private(set) var records: [KeyRecord] = []

    package init(key: String) {}

    /// One change.
    package enum Event: Hashable, Sendable {
        case created(KeyRecord)
        case revoked(KeyID, at: WallTime)
        /// Was over, and was let go to make room.
        case forgotten(KeyID)
    }

    package mutating func apply(_ event: Event, at position: EventPosition) {
        switch event {
        case .created(let record):
            let place = place(of: record.id)
            if place < records.count, records[place].id == record.id {
                records[place] = record
            } else {
                records.insert(record, at: place)
            }
        case .revoked(let id, let time):
            let place = place(of: id)
            if place < records.count, records[place].id == id { records[place].revoked = time }
        case .forgotten(let id): records.removeAll { $0.id == id }
        }
    }

    /// The key `id`; nil where there is none.
    package func record(of id: KeyID) -> KeyRecord? {
        let place = place(of: id)
        return place < records.count && records[place].id == id ? records[place] : nil
    }

    /// Where the first one stands that does not come before `id`.
    func place(of id: KeyID) -> Int {
        var (low, high) = (0, records.count)
        while low < high {
            let middle = (low + high) / 2
            if records[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Those that are over at `now` and for which there is no room beside `more` others, the oldest end first.
    func overdue(at now: WallTime, beside more: Int) -> [KeyID] {
        let ended = records.compactMap { record in record.end(by: now).map { (end: $0, id: record.id) } }
        let excess = ended.count + more - Limits.Keys.maximumEndedKeys
        guard excess > 0 else { return [] }
        return ended.sorted { ($0.end, $0.id) < ($1.end, $1.id) }.prefix(excess).map(\.id)
    }

    package var approximateBytes: Int { Limits.Hosting.assumedBytes + records.count * 256 }
}

extension KeyRing {
    /// Writes the snapshot.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 1)
        records.encode(into: &writer)
    }

    /// Reads the snapshot.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 1)
        records = try [KeyRecord](from: &reader)
        try reader.endRecord(tail)
    }
}

extension KeyRing.Event: WireCodable {
    package func encode(into writer: inout WireWriter) {
        switch self {
        case .created(let record):
            writer.writeArrayHead(count: 2)
            writer.write(UInt64(0))
            record.encode(into: &writer)
        case .revoked(let id, let time):
            writer.writeArrayHead(count: 3)
            writer.write(UInt64(1))
            writer.write(id.number)
            writer.write(time)
        case .forgotten(let id):
            writer.writeArrayHead(count: 2)
            writer.write(UInt64(2))
            writer.write(id.number)
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginArray()
        guard count >= 2 else { throw WireError(.missingFields, "an event of \(count) fields") }
        let known: Int
        switch try reader.readUInt64() {
        case 0: (self, known) = (.created(try KeyRecord(from: &reader)), 2)
        case 1:
            guard count >= 3 else { throw WireError(.missingFields, "an event of \(count) fields") }
            (self, known) = (.revoked(try reader.readKeyID(), at: try reader.readTime()), 3)
        case 2: (self, known) = (.forgotten(try reader.readKeyID()), 2)
        default: throw WireError(.invalidValue, "no such event")
        }
        for _ in known..<count { try reader.skipItem() }
        reader.endNesting()
    }
}
