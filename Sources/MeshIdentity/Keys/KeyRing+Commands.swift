package import MeshActors
package import MeshCore
package import MeshWire

extension KeyRing {
    /// Why the ring stays as it is.
    package enum Refusal: UInt64, Error, CaseIterable, WireCodable {
        /// A key that counts has the name.
        case nameTaken = 1
        /// Another key has the id.
        case idTaken = 2
        /// As many keys count as may.
        case full = 3
        /// There is no such key.
        case unknown = 4

        package func encode(into writer: inout WireWriter) { writer.write(rawValue) }

        package init(from reader: inout WireReader) throws(WireError) {
            guard let refusal = Refusal(rawValue: try reader.readUInt64()) else {
                throw WireError(.invalidValue, "no such refusal")
            }
            self = refusal
        }
    }

    /// Makes a key; replies with its record.
    ///
    /// Asked again with the same id, name and secret it replies the same: an answer can get lost.
    package struct Create: Command {
        package typealias Target = KeyRing
        package typealias Reply = KeyRecord
        package typealias Refusal = KeyRing.Refusal

        package static let tag: UInt32 = 1
        /// Which key.
        package let id: KeyID
        /// What it is called; a name is free again when its key is over.
        package let name: KeyName
        /// SHA-256 of its secret.
        package let digest: SHA256Digest
        /// What its owner may do.
        package let scopes: Set<KeyScope>
        /// Requests that its owner may make in any sliding minute.
        package let requestsPerMinute: Int
        /// How long it counts, in milliseconds; nil for ever.
        package let lifeMilliseconds: Int64?

        /// Makes the key `key`, called `name`.
        ///
        /// More requests than ``Limits/Keys/maximumRequestsPerMinute`` count as that, a longer life as the longest.
        package init(
            _ key: APIKey,
            name: KeyName,
            scopes: Set<KeyScope>,
            requestsPerMinute: Int = Limits.Keys.requestsPerMinute,
            life: Duration? = nil
        ) {
            id = key.id
            digest = key.digest
            self.name = name
            self.scopes = scopes
            self.requestsPerMinute = min(max(requestsPerMinute, 1), Limits.Keys.maximumRequestsPerMinute)
            lifeMilliseconds = life.map {
                min(max($0, .seconds(1)), Limits.Keys.maximumLife).components.seconds * 1_000
            }
        }

        package func decide(
            _ state: KeyRing,
            _ turn: inout Turn<KeyRing>
        ) throws(KeyRing.Refusal) -> KeyRecord {
            if let known = state.record(of: id) {
                guard known.name == name, known.digest == digest else { throw .idTaken }
                return known
            }
            let now = turn.wallTime
            let counting = state.records.filter { $0.state(at: now) == .valid }
            guard !counting.contains(where: { $0.name == name }) else { throw .nameTaken }
            guard counting.count < Limits.Keys.maximumKeys else { throw .full }
            for ended in state.overdue(at: now, beside: 0) { turn.emit(.forgotten(ended)) }
            let record = KeyRecord(
                id: id,
                name: name,
                digest: digest,
                scopes: scopes,
                requestsPerMinute: requestsPerMinute,
                created: now,
                expires: lifeMilliseconds.map { now.moved(by: .milliseconds($0)) },
                revoked: nil
            )
            turn.emit(.created(record))
            return record
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 6)
            writer.write(id.number)
            writer.write(name.text)
            writer.write(digest)
            writer.write(scopes)
            writer.write(UInt64(requestsPerMinute))
            lifeMilliseconds.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 6)
            id = try reader.readKeyID()
            name = try reader.readIdentifier()
            digest = try reader.readDigest()
            scopes = try reader.readScopes()
            requestsPerMinute = try reader.readPerMinute()
            lifeMilliseconds = try Int64?(from: &reader)
            try reader.endRecord(tail)
        }
    }

    /// Takes a key back, for ever; replies with how it stands then.
    ///
    /// Again it changes nothing.
    package struct Revoke: Command {
        package typealias Target = KeyRing
        package typealias Reply = KeyRecord
        package typealias Refusal = KeyRing.Refusal

        package static let tag: UInt32 = 2
        /// Which.
        package let id: KeyID

        /// Takes `id` back.
        package init(id: KeyID) { self.id = id }

        package func decide(
            _ state: KeyRing,
            _ turn: inout Turn<KeyRing>
        ) throws(KeyRing.Refusal) -> KeyRecord {
            guard var known = state.record(of: id) else { throw .unknown }
            guard known.revoked == nil else { return known }
            let now = turn.wallTime
            let isNew = known.state(at: now) == .valid
            for ended in state.overdue(at: now, beside: isNew ? 1 : 0) where ended != id {
                turn.emit(.forgotten(ended))
            }
            turn.emit(.revoked(id, at: now))
            known.revoked = now
            return known
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 1)
            writer.write(id.number)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 1)
            id = try reader.readKeyID()
            try reader.endRecord(tail)
        }
    }

    /// Asks for the keys behind an id, at most ``Limits/Keys/maximumPage``; empty where there are no more.
    package struct List: Command {
        package typealias Target = KeyRing
        package typealias Reply = [KeyRecord]
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 3
        /// The last one of the page before; nil for the first page.
        package let after: KeyID?

        /// Asks for the page behind `after`.
        package init(after: KeyID? = nil) { self.after = after }

        package func decide(_ state: KeyRing, _ turn: inout Turn<KeyRing>) -> [KeyRecord] {
            guard let after else { return Array(state.records.prefix(Limits.Keys.maximumPage)) }
            let rest = state.records[state.place(of: after)...].drop { $0.id == after }
            return Array(rest.prefix(Limits.Keys.maximumPage))
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 1)
            (after?.number).encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 1)
            after = try reader.readNil() ? nil : try reader.readKeyID()
            try reader.endRecord(tail)
        }
    }
}
