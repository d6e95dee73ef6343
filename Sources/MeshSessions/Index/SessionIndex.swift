package import MeshActors
package import MeshCore
package import MeshWire

/// The sessions of one owner, the one that changed last first: what lists are made of, and where their number ends.
///
/// Key: ``SessionOwner/text``. A session is opened here before it is made, so that there are never more than are
/// allowed; what becomes of it the session tells by itself (``SessionNotice``).
package struct SessionIndex: Journaled, Hashable {
    package static let kind = ActorKind("session-index")

    package static var commands: CommandTable<JournaledActor<SessionIndex>> {
        CommandTable()
            .accepting(Open.self)
            .accepting(Note.self)
            .accepting(List.self)
    }

    /// The sessions, in the order of their names.
    package private(set) var entries: [Entry] = []

    /// Sessions that were deleted, the oldest deletion first.
    package private(set) var deleted: [SessionID] = []

    package init(key: String) {}

    /// What the list knows of a session.
    package struct Entry: Hashable, Sendable {
        /// Its name.
        package let id: SessionID
        /// The change that it knows of; nil where the session has not said anything yet.
        package let revision: EventPosition?
        /// What it is called.
        package internal(set) var title: String?
        /// How many messages it has.
        package let messages: UInt64
        /// When it began.
        package let created: WallTime
        /// When something changed last.
        package let updated: WallTime
    }

    /// One change.
    package enum Event: Hashable, Sendable {
        case noted(Entry)
        case removed(SessionID)
    }

    package mutating func apply(_ event: Event, at position: EventPosition) {
        switch event {
        case .noted(let entry):
            let place = place(of: entry.id)
            if place < entries.count, entries[place].id == entry.id {
                entries[place] = entry
            } else {
                entries.insert(entry, at: place)
            }
        case .removed(let id):
            let place = place(of: id)
            if place < entries.count, entries[place].id == id { entries.remove(at: place) }
            deleted.removeAll { $0 == id }
            deleted.append(id)
            deleted.removeFirst(max(0, deleted.count - Limits.Sessions.maximumDeletedSessions))
        }
    }

    /// What is known of `id`.
    package func entry(of id: SessionID) -> Entry? {
        let place = place(of: id)
        return place < entries.count && entries[place].id == id ? entries[place] : nil
    }

    /// Where the first one stands that does not come before `id`, by the bytes of their names.
    private func place(of id: SessionID) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id.text.utf8.lexicographicallyPrecedes(id.text.utf8) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    package var approximateBytes: Int {
        Limits.Hosting.assumedBytes + entries.count * 320 + deleted.count * 80
    }
}

extension SessionIndex {
    /// Writes the snapshot.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        entries.encode(into: &writer)
        deleted.map(\.text).encode(into: &writer)
    }

    /// Reads the snapshot.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        entries = try reader.readList(of: Entry.self, atMost: Limits.Sessions.maximumSessions)
        let count = try reader.beginArray()
        guard count <= Limits.Sessions.maximumDeletedSessions else {
            throw WireError(.tooManyElements, "\(count) deleted sessions")
        }
        for _ in 0..<count { deleted.append(try reader.readSessionID()) }
        reader.endNesting()
        try reader.endRecord(tail)
    }
}

extension SessionIndex.Entry: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 6)
        writer.write(id.text)
        revision.encode(into: &writer)
        title.encode(into: &writer)
        writer.write(messages)
        writer.write(created)
        writer.write(updated)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 6)
        id = try reader.readSessionID()
        revision = try EventPosition?(from: &reader)
        title = try reader.readOptionalText(atMost: Limits.Sessions.maximumTitleBytes)
        messages = try reader.readUInt64()
        created = try reader.readTime()
        updated = try reader.readTime()
        try reader.endRecord(tail)
    }
}

extension SessionIndex.Event: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        switch self {
        case .noted(let entry):
            writer.write(UInt64(0))
            entry.encode(into: &writer)
        case .removed(let id):
            writer.write(UInt64(1))
            writer.write(id.text)
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        switch try reader.readUInt64() {
        case 0: self = .noted(try SessionIndex.Entry(from: &reader))
        case 1: self = .removed(try reader.readSessionID())
        default: throw WireError(.invalidValue, "no such event")
        }
        try reader.endRecord(tail)
    }
}
