package import MeshActors
package import MeshCore
package import MeshWire

extension RevocationList {
    /// Why the list stays as it is.
    package enum Refusal: UInt64, Error, CaseIterable, WireCodable {
        /// The token was made before the identity was put out.
        case tokenOlder = 1
        /// The key is not one by which the identity was let in again.
        case notReadmitted = 2
        /// As many identities are put out as may be.
        case full = 3

        package func encode(into writer: inout WireWriter) { writer.write(rawValue) }

        package init(from reader: inout WireReader) throws(WireError) {
            guard let refusal = Refusal(rawValue: try reader.readUInt64()) else {
                throw WireError(.invalidValue, "no such refusal")
            }
            self = refusal
        }
    }

    /// Puts an identity out, with all its keys; replies with how it stands then.
    ///
    /// Also one that was never seen: a device may be stolen before its first connection.
    package struct Revoke: Command {
        package typealias Target = RevocationList
        package typealias Reply = Revocation
        package typealias Refusal = RevocationList.Refusal

        package static let tag: UInt32 = 1
        /// Who.
        package let identity: NodeIdentity
        /// Why.
        package let reason: String
        /// When it was ordered, if that was before it is carried out: tokens made since then count.
        package let ordered: WallTime?

        /// Puts `identity` out; `reason` is cut to ``Limits/Enrolment/maximumReasonBytes``.
        package init(identity: NodeIdentity, reason: String, ordered: WallTime? = nil) {
            self.identity = identity
            self.reason = reason.cut(toBytes: Limits.Enrolment.maximumReasonBytes)
            self.ordered = ordered
        }

        package func decide(
            _ state: RevocationList,
            _ turn: inout Turn<RevocationList>
        ) throws(RevocationList.Refusal) -> Revocation {
            let known = state.revocation(of: identity)
            guard known != nil || state.revocations.count < Limits.Enrolment.maximumRevocations else { throw .full }
            // Again also for one that is out: tokens made since the first time must not count. Always later than the
            // one before, so that an answer about that one is known to be older.
            let earliest = known?.since.moved(by: .milliseconds(1))
            // An order that waited while a later one was carried out says nothing new.
            if let known, let ordered, ordered <= known.since { return known }
            let moment = min(ordered ?? turn.wallTime, turn.wallTime)
            let now = max(moment, earliest ?? moment)
            turn.emit(.revoked(identity, reason: reason, at: now))
            return Revocation(identity: identity, reason: reason, since: now, keys: [])
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 3)
            writer.write(identity)
            writer.write(reason)
            (ordered?.millisecondsSince1970).encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 3)
            identity = try reader.readIdentity()
            reason = try reader.readText(atMost: Limits.Enrolment.maximumReasonBytes)
            ordered = try Int64?(from: &reader).map { WallTime(millisecondsSince1970: $0) }
            try reader.endRecord(tail)
        }
    }

    /// Lets an identity in again by a new key, for a token that was made after it was put out.
    ///
    /// Replies with how it stands; nil where it was never put out.
    package struct Readmit: Command {
        package typealias Target = RevocationList
        package typealias Reply = Revocation?
        package typealias Refusal = RevocationList.Refusal

        package static let tag: UInt32 = 2
        /// Who.
        package let identity: NodeIdentity
        /// SHA-256 of the new key, which its registration has never seen before.
        package let keyID: SHA256Digest
        /// When the token was made.
        package let tokenIssued: WallTime

        /// Lets `identity` in by `keyID`, for a token of `tokenIssued`.
        package init(identity: NodeIdentity, keyID: SHA256Digest, tokenIssued: WallTime) {
            self.identity = identity
            self.keyID = keyID
            self.tokenIssued = tokenIssued
        }

        package func decide(
            _ state: RevocationList,
            _ turn: inout Turn<RevocationList>
        ) throws(RevocationList.Refusal) -> Revocation? {
            guard var known = state.revocation(of: identity) else { return nil }
            guard tokenIssued > known.since else { throw .tokenOlder }
            guard !known.keys.contains(keyID) else { return known }
            turn.emit(.readmitted(identity, keyID: keyID, following: nil))
            known.admit(keyID, following: nil)
            return known
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 3)
            writer.write(identity)
            writer.write(keyID)
            writer.write(tokenIssued)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 3)
            identity = try reader.readIdentity()
            keyID = try reader.readDigest()
            tokenIssued = try reader.readTime()
            try reader.endRecord(tail)
        }
    }

    /// Lets a renewed key follow one by which an identity was let in again.
    ///
    /// Replies with how it stands; nil where it was never put out.
    package struct Allow: Command {
        package typealias Target = RevocationList
        package typealias Reply = Revocation?
        package typealias Refusal = RevocationList.Refusal

        package static let tag: UInt32 = 3
        /// Who.
        package let identity: NodeIdentity
        /// SHA-256 of the key that it has proved to have.
        package let currentKeyID: SHA256Digest
        /// SHA-256 of the one that follows it.
        package let newKeyID: SHA256Digest

        /// Lets `newKeyID` of `identity` follow `currentKeyID`.
        package init(identity: NodeIdentity, currentKeyID: SHA256Digest, newKeyID: SHA256Digest) {
            self.identity = identity
            self.currentKeyID = currentKeyID
            self.newKeyID = newKeyID
        }

        package func decide(
            _ state: RevocationList,
            _ turn: inout Turn<RevocationList>
        ) throws(RevocationList.Refusal) -> Revocation? {
            guard var known = state.revocation(of: identity) else { return nil }
            guard known.keys.contains(currentKeyID) else { throw .notReadmitted }
            guard !known.keys.contains(newKeyID) else { return known }
            turn.emit(.readmitted(identity, keyID: newKeyID, following: currentKeyID))
            known.admit(newKeyID, following: currentKeyID)
            return known
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 3)
            writer.write(identity)
            writer.write(currentKeyID)
            writer.write(newKeyID)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 3)
            identity = try reader.readIdentity()
            currentKeyID = try reader.readDigest()
            newKeyID = try reader.readDigest()
            try reader.endRecord(tail)
        }
    }

    /// Asks how an identity stands; nil where it was never put out.
    package struct Look: Command {
        package typealias Target = RevocationList
        package typealias Reply = Revocation?
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 4
        /// Who.
        package let identity: NodeIdentity

        /// Asks about `identity`.
        package init(identity: NodeIdentity) { self.identity = identity }

        package func decide(_ state: RevocationList, _ turn: inout Turn<RevocationList>) -> Revocation? {
            state.revocation(of: identity)
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 1)
            writer.write(identity)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 1)
            identity = try reader.readIdentity()
            try reader.endRecord(tail)
        }
    }

    /// Asks for those behind an identity, at most ``Limits/Enrolment/maximumPage``; empty where there are no more.
    package struct List: Command {
        package typealias Target = RevocationList
        package typealias Reply = [Revocation]
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 5
        /// The last one of the page before; nil for the first page.
        package let after: NodeIdentity?

        /// Asks for the page behind `after`.
        package init(after: NodeIdentity? = nil) { self.after = after }

        package func decide(_ state: RevocationList, _ turn: inout Turn<RevocationList>) -> [Revocation] {
            guard let after else { return Array(state.revocations.prefix(Limits.Enrolment.maximumPage)) }
            let rest = state.revocations[state.place(of: after.text)...].drop { $0.identity == after }
            return Array(rest.prefix(Limits.Enrolment.maximumPage))
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 1)
            (after?.text).encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 1)
            after = try reader.readNil() ? nil : try reader.readIdentity()
            try reader.endRecord(tail)
        }
    }
}
