package import MeshActors
package import MeshCore
package import MeshWire

/// Who has been put out of the mesh, and the keys by which some were let in again.
///
/// One actor for all (key: ``key``). An identity that was put out stays in the list for ever: with it every key that it
/// had. Only a token made later, for a key of its own, lets it in again, and by that key alone.
package struct RevocationList: Journaled, Hashable {
    package static let kind = ActorKind("revocations")

    /// The key of the only one.
    package static let key = "mesh"

    package static var commands: CommandTable<JournaledActor<RevocationList>> {
        CommandTable()
            .accepting(Revoke.self)
            .accepting(Readmit.self)
            .accepting(Allow.self)
            .accepting(Look.self)
            .accepting(List.self)
    }

    /// In the order of their identities' bytes.
    package private(set) var revocations: [Revocation] = []

    package init(key: String) {}

    /// One change.
    package enum Event: Hashable, Sendable {
        case revoked(NodeIdentity, reason: String, at: WallTime)
        /// Let in by `keyID`; it follows `current`, which is in use, unless a token brought it.
        case readmitted(NodeIdentity, keyID: SHA256Digest, following: SHA256Digest?)
    }

    package mutating func apply(_ event: Event, at position: EventPosition) {
        switch event {
        case .revoked(let identity, let reason, let time):
            let place = place(of: identity.text)
            let revocation = Revocation(identity: identity, reason: reason, since: time, keys: [])
            if place < revocations.count, revocations[place].identity == identity {
                revocations[place] = revocation
            } else {
                revocations.insert(revocation, at: place)
            }
        case .readmitted(let identity, let keyID, let current):
            let place = place(of: identity.text)
            guard place < revocations.count, revocations[place].identity == identity else { return }
            revocations[place].admit(keyID, following: current)
        }
    }

    /// What is known of `identity`; nil where it was never put out.
    package func revocation(of identity: NodeIdentity) -> Revocation? {
        let place = place(of: identity.text)
        return place < revocations.count && revocations[place].identity == identity ? revocations[place] : nil
    }

    /// Where the first one stands that does not come before `text`.
    func place(of text: String) -> Int {
        var (low, high) = (0, revocations.count)
        while low < high {
            let middle = (low + high) / 2
            if revocations[middle].identity.text.utf8.lexicographicallyPrecedes(text.utf8) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    package var approximateBytes: Int { Limits.Hosting.assumedBytes + revocations.count * 512 }
}

/// An identity that was put out.
package struct Revocation: Hashable, Sendable {
    /// Who.
    package let identity: NodeIdentity
    /// Why, in an operator's words.
    package let reason: String
    /// When, by the clock of the hub.
    package let since: WallTime
    /// SHA-256 of the keys by which it was let in again, the oldest first.
    package private(set) var keys: [SHA256Digest]

    /// Where there is no room the oldest goes, but never the one in use: renewals whose answers got lost must not shut
    /// their device out.
    mutating func admit(_ keyID: SHA256Digest, following current: SHA256Digest?) {
        if keys.count >= Limits.Enrolment.maximumReadmittedKeys, let place = keys.firstIndex(where: { $0 != current }) {
            keys.remove(at: place)
        }
        keys.append(keyID)
    }

    /// Takes in the keys of an answer about the same revocation, which may be older or newer than what is known.
    mutating func join(_ other: Revocation) {
        let mine = keys.filter { !other.keys.contains($0) }
        keys = Array((mine + other.keys).suffix(Limits.Enrolment.maximumKnownReadmittedKeys))
    }
}

extension RevocationList {
    /// Writes the snapshot.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 1)
        revocations.encode(into: &writer)
    }

    /// Reads the snapshot.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 1)
        revocations = try [Revocation](from: &reader)
        try reader.endRecord(tail)
    }
}

extension Revocation: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        writer.write(identity)
        writer.write(reason)
        writer.write(since)
        writer.write(keys)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        identity = try reader.readIdentity()
        reason = try reader.readText(atMost: Limits.Enrolment.maximumReasonBytes)
        since = try reader.readTime()
        keys = try reader.readDigests(atMost: Limits.Enrolment.maximumReadmittedKeys)
        try reader.endRecord(tail)
    }
}

extension RevocationList.Event: WireCodable {
    package func encode(into writer: inout WireWriter) {
        switch self {
        case .revoked(let identity, let reason, let time):
            writer.writeArrayHead(count: 4)
            writer.write(UInt64(0))
            writer.write(identity)
            writer.write(reason)
            writer.write(time)
        case .readmitted(let identity, let keyID, let current):
            writer.writeArrayHead(count: 4)
            writer.write(UInt64(1))
            writer.write(identity)
            writer.write(keyID)
            writer.write(current.map { [$0] } ?? [])
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginArray()
        guard count >= 4 else { throw WireError(.missingFields, "an event of \(count) fields") }
        switch try reader.readUInt64() {
        case 0:
            self = .revoked(
                try reader.readIdentity(),
                reason: try reader.readText(atMost: Limits.Enrolment.maximumReasonBytes),
                at: try reader.readTime()
            )
        case 1:
            self = .readmitted(
                try reader.readIdentity(),
                keyID: try reader.readDigest(),
                following: try reader.readDigests(atMost: 1).first
            )
        default: throw WireError(.invalidValue, "no such event")
        }
        for _ in 4..<count { try reader.skipItem() }
        reader.endNesting()
    }
}
