package import MeshActors
package import MeshCore
package import MeshWire

extension SessionIndex {
    /// Why a session is not opened.
    package enum Refusal: UInt64, Error, CaseIterable, WireCodable {
        /// The owner has as many as anybody may: one must be deleted first.
        case tooMany = 1
        /// The name was that of a session that has been deleted.
        case deleted = 2

        package func encode(into writer: inout WireWriter) { writer.write(rawValue) }

        package init(from reader: inout WireReader) throws(WireError) {
            guard let refusal = Refusal(rawValue: try reader.readUInt64()) else {
                throw WireError(.invalidValue, "no such refusal")
            }
            self = refusal
        }
    }

    /// Makes room for a session, before it is made; one that is in the list stays as it is.
    package struct Open: Command {
        package typealias Target = SessionIndex
        package typealias Reply = Done
        package typealias Refusal = SessionIndex.Refusal

        package static let tag: UInt32 = 1
        /// Which.
        package let id: SessionID

        /// Room for the session `id`.
        package init(_ id: SessionID) { self.id = id }

        package func decide(
            _ state: SessionIndex,
            _ turn: inout Turn<SessionIndex>
        ) throws(SessionIndex.Refusal) -> Done {
            guard state.entry(of: id) == nil else { return Done() }
            guard !state.deleted.contains(id) else { throw .deleted }
            guard state.entries.count < Limits.Sessions.maximumSessions else { throw .tooMany }
            let now = turn.wallTime
            turn.emit(.noted(Entry(id: id, revision: nil, title: nil, messages: 0, created: now, updated: now)))
            return Done()
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 1)
            writer.write(id.text)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 1)
            id = try reader.readSessionID()
            try reader.endRecord(tail)
        }
    }

    /// Says what has become of a session; replies whether that was news.
    ///
    /// What is older than what is known changes nothing; a session that was never opened is taken in where there is
    /// room, and otherwise left out: whoever tells it cannot be refused.
    package struct Note: Command {
        package typealias Target = SessionIndex
        package typealias Reply = Bool
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 2
        /// The session's name.
        package let id: SessionID
        /// What it says.
        package let notice: SessionNotice

        /// What the session `id` says.
        package init(_ notice: SessionNotice, of id: SessionID) {
            self.id = id
            self.notice = notice
        }

        package func decide(_ state: SessionIndex, _ turn: inout Turn<SessionIndex>) -> Bool {
            guard !state.deleted.contains(id) else { return false }
            let known = state.entry(of: id)
            guard !notice.isDeleted else {
                turn.emit(.removed(id))
                return true
            }
            if let revision = known?.revision, revision >= notice.revision { return false }
            guard known != nil || state.entries.count < Limits.Sessions.maximumSessions else { return false }
            turn.emit(
                .noted(
                    Entry(
                        id: id,
                        revision: notice.revision,
                        title: notice.title,
                        messages: notice.messages,
                        created: notice.created,
                        updated: notice.updated
                    )
                )
            )
            return true
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            writer.write(id.text)
            notice.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            id = try reader.readSessionID()
            notice = try SessionNotice(from: &reader)
            try reader.endRecord(tail)
        }
    }

    /// Asks for the sessions behind one of them, the one that changed last first.
    package struct List: Command {
        package typealias Target = SessionIndex
        package typealias Reply = SessionListPage
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 3
        /// The last one of the page before; nil for the first page.
        package let after: SessionCursor?
        /// How many at most.
        package let count: UInt64

        /// At most `count` sessions behind `after`; never more than ``Limits/Sessions/maximumPage``.
        package init(after: SessionCursor? = nil, count: Int = Limits.Sessions.maximumPage) {
            self.after = after
            self.count = UInt64(clamping: count)
        }

        package func decide(_ state: SessionIndex, _ turn: inout Turn<SessionIndex>) -> SessionListPage {
            let listed = state.entries.sorted { SessionCursor($0) < SessionCursor($1) }
            let rest = after.map { after in listed.filter { after < SessionCursor($0) } } ?? listed
            let page = rest.prefix(Int(min(count, UInt64(Limits.Sessions.maximumPage))))
            return SessionListPage(
                entries: Array(page),
                total: UInt64(state.entries.count),
                hasMore: page.count < rest.count
            )
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            after.encode(into: &writer)
            writer.write(count)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            after = try SessionCursor?(from: &reader)
            count = try reader.readUInt64()
            try reader.endRecord(tail)
        }
    }
}

/// A place in a list of sessions, which holds whatever happens to the list.
package struct SessionCursor: Hashable, Sendable, Comparable {
    /// When the session there changed last.
    package let updated: WallTime

    /// Its name.
    package let id: SessionID

    /// The place of `entry`.
    package init(_ entry: SessionIndex.Entry) {
        updated = entry.updated
        id = entry.id
    }

    /// The place of a session that changed last at `updated`.
    package init(updated: WallTime, id: SessionID) {
        self.updated = updated
        self.id = id
    }

    /// The newest first, and those of one moment by the bytes of their names.
    package static func < (left: SessionCursor, right: SessionCursor) -> Bool {
        guard left.updated == right.updated else { return left.updated > right.updated }
        return left.id.text.utf8.lexicographicallyPrecedes(right.id.text.utf8)
    }
}

extension SessionCursor: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(updated)
        writer.write(id.text)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        updated = try reader.readTime()
        id = try reader.readSessionID()
        try reader.endRecord(tail)
    }
}

/// Some of an owner's sessions.
package struct SessionListPage: Hashable, Sendable {
    /// The sessions, the one that changed last first.
    package internal(set) var entries: [SessionIndex.Entry]

    /// How many there are in all.
    package let total: UInt64

    /// Whether others follow.
    package let hasMore: Bool
}

extension SessionListPage: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        entries.encode(into: &writer)
        writer.write(total)
        writer.write(hasMore)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        entries = try reader.readList(of: SessionIndex.Entry.self, atMost: Limits.Sessions.maximumPage)
        total = try reader.readUInt64()
        hasMore = try reader.readBool()
        try reader.endRecord(tail)
    }
}
