package import MeshActors
package import MeshCore
package import MeshWire

/// What a session tells its owner's list: the effect of every change.
package struct SessionNotice: Hashable, Sendable {
    /// The session's key.
    package let session: String

    /// The change that it tells of; a later one says all that an earlier one said.
    package let revision: EventPosition

    /// Whether the session is gone.
    package let isDeleted: Bool

    /// What it is called.
    package let title: String?

    /// How many messages it has.
    package let messages: UInt64

    /// When it began.
    package let created: WallTime

    /// When something changed last.
    package let updated: WallTime
}

extension SessionNotice: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 7)
        writer.write(session)
        revision.encode(into: &writer)
        writer.write(isDeleted)
        title.encode(into: &writer)
        writer.write(messages)
        writer.write(created)
        writer.write(updated)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 7)
        session = try reader.readText(atMost: Limits.Address.maximumKeyBytes)
        revision = try EventPosition(from: &reader)
        isDeleted = try reader.readBool()
        title = try reader.readOptionalText(atMost: Limits.Sessions.maximumTitleBytes)
        messages = try reader.readUInt64()
        created = try reader.readTime()
        updated = try reader.readTime()
        try reader.endRecord(tail)
    }
}

/// Tells the lists of owners what has become of their sessions.
package struct SessionAnnouncer: EffectPerformer {
    private let tell: @Sendable (SessionIndex.Note, _ owner: String) async throws -> Void

    /// An announcer that hands each note to the ``SessionIndex`` of its owner through `tell`.
    package init(tell: @escaping @Sendable (SessionIndex.Note, _ owner: String) async throws -> Void) {
        self.tell = tell
    }

    package func perform(_ effect: SessionNotice, _ context: EffectContext) async throws -> Session.IndexTold {
        if let key = SessionKey(effect.session) {
            try await tell(SessionIndex.Note(effect, of: key.id), key.owner.text)
        }
        return Session.IndexTold(position: context.position)
    }
}
