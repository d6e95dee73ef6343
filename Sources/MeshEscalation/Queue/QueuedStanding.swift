package import MeshCore
package import MeshSessions
package import MeshWire

/// How a question that waits stands, for whoever has asked it.
package struct QueuedStanding: Hashable, Sendable {
    /// How it stands.
    package enum State: UInt64, Sendable {
        /// It waits for a hub.
        case waiting = 0
        /// It is asked.
        case asked = 1
        /// Its answer can be fetched.
        case answered = 2
    }

    /// How it stands.
    package let state: State

    /// How many wait before it.
    package let ahead: UInt64

    /// The conversation that has it; nil where none.
    package let session: SessionID?

    /// When it came.
    package let created: WallTime

    /// When it, or its answer, is forgotten.
    package let expires: WallTime

    /// By which it is told from another question of its run.
    package let digest: SHA256Digest

    /// How `ask` stands, behind `ahead` others.
    init(_ ask: QueuedAsk, ahead: Int) {
        switch ask.state {
        case .waiting: state = .waiting
        case .asked: state = .asked
        case .answered: state = .answered
        }
        self.ahead = state == .waiting ? UInt64(ahead) : 0
        session = ask.session
        created = ask.created
        expires = ask.expires
        digest = ask.digest
    }
}

extension QueuedStanding: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 6)
        writer.write(state.rawValue)
        writer.write(ahead)
        writer.write(created.millisecondsSince1970)
        writer.write(expires.millisecondsSince1970)
        (session?.text).encode(into: &writer)
        writer.write(bytes: digest.bytes)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 6)
        guard let state = State(rawValue: try reader.readUInt64()) else {
            throw WireError(.invalidValue, "no question stands like that")
        }
        self.state = state
        ahead = try reader.readUInt64()
        created = WallTime(millisecondsSince1970: try reader.readInt64())
        expires = WallTime(millisecondsSince1970: try reader.readInt64())
        session = try reader.readOptionalSession()
        digest = try reader.readDigest()
        try reader.endRecord(tail)
    }
}
