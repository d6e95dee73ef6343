package import MeshActors
package import MeshCore
package import MeshWire

extension NodeRegistration {
    /// Why a registration stays as it is.
    package enum Refusal: UInt64, Error, CaseIterable, WireCodable {
        /// The name belongs to another identity, or to a node that the token does not name.
        case nameTaken = 1
        /// The key has been used before: a new token needs a new key.
        case keyUsed = 2
        /// Nobody has enrolled under the name.
        case notRegistered = 3
        /// The key does not count: it never did, or a newer one has ended it.
        case keyEnded = 4
        /// The name has enrolled as often as any name may.
        case tooMany = 5

        package func encode(into writer: inout WireWriter) { writer.write(rawValue) }

        package init(from reader: inout WireReader) throws(WireError) {
            guard let refusal = Refusal(rawValue: try reader.readUInt64()) else {
                throw WireError(.invalidValue, "no such refusal")
            }
            self = refusal
        }
    }

    /// Gives the name to an identity, and a key to the name, by a token.
    ///
    /// A name that is free goes to any token of the tenant and role; one that has an owner enrols again only by a token
    /// that names it: else every token would be good for every node of its tenant.
    package struct Enrol: Command {
        package typealias Target = NodeRegistration
        package typealias Reply = Done
        package typealias Refusal = NodeRegistration.Refusal

        package static let tag: UInt32 = 1
        /// Who enrols.
        package let identity: NodeIdentity
        /// SHA-256 of its key.
        package let keyID: SHA256Digest
        /// The token that allows it.
        package let tokenID: UniqueID
        /// Whether the token says the name, so that who has made it meant this node.
        package let isNamed: Bool

        /// Enrols `identity` with the key `keyID` by the token `tokenID`, which says the name or leaves it open.
        package init(identity: NodeIdentity, keyID: SHA256Digest, tokenID: UniqueID, isNamed: Bool) {
            self.identity = identity
            self.keyID = keyID
            self.tokenID = tokenID
            self.isNamed = isNamed
        }

        package func decide(
            _ state: NodeRegistration,
            _ turn: inout Turn<NodeRegistration>
        ) throws(NodeRegistration.Refusal) -> Done {
            guard state.identity == nil || state.identity == identity else { throw .nameTaken }
            if state.keys.contains(where: { $0.keyID == keyID && $0.tokenID == tokenID }) { return Done() }
            guard state.identity == nil || isNamed else { throw .nameTaken }
            guard !state.knows(keyID) else { throw .keyUsed }
            guard state.enrolledKeys.count < Limits.Enrolment.maximumEnrolledKeys else { throw .tooMany }
            turn.emit(.enrolled(identity, keyID: keyID, tokenID: tokenID))
            return Done()
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 4)
            writer.write(identity)
            writer.write(keyID)
            writer.write(tokenID)
            isNamed.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 4)
            identity = try reader.readIdentity()
            keyID = try reader.readDigest()
            tokenID = try reader.readUniqueID()
            isNamed = try Bool(from: &reader)
            try reader.endRecord(tail)
        }
    }

    /// Gives a further key to a node that has shown one that counts; replies with whose it is.
    ///
    /// Both count until a link with the new one has opened. For a renewal over the tunnel, and for a device whose
    /// certificate has expired and which comes home by the key of it.
    package struct Renew: Command {
        package typealias Target = NodeRegistration
        package typealias Reply = String
        package typealias Refusal = NodeRegistration.Refusal

        package static let tag: UInt32 = 2
        /// SHA-256 of the key that the node has proved to have.
        package let currentKeyID: SHA256Digest
        /// SHA-256 of the one that follows it.
        package let newKeyID: SHA256Digest

        /// Lets `newKeyID` follow `currentKeyID`.
        package init(currentKeyID: SHA256Digest, newKeyID: SHA256Digest) {
            self.currentKeyID = currentKeyID
            self.newKeyID = newKeyID
        }

        package func decide(
            _ state: NodeRegistration,
            _ turn: inout Turn<NodeRegistration>
        ) throws(NodeRegistration.Refusal) -> String {
            guard let identity = state.identity else { throw .notRegistered }
            guard state.holds(currentKeyID) else { throw .keyEnded }
            if state.keys.contains(where: { $0.keyID == newKeyID && $0.tokenID == nil }) { return identity.text }
            guard !state.knows(newKeyID) else { throw .keyUsed }
            turn.emit(.renewed(keyID: newKeyID))
            return identity.text
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            writer.write(currentKeyID)
            writer.write(newKeyID)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            currentKeyID = try reader.readDigest()
            newKeyID = try reader.readDigest()
            try reader.endRecord(tail)
        }
    }

    /// Notes a certificate that was issued for a key that counts.
    package struct Record: Command {
        package typealias Target = NodeRegistration
        package typealias Reply = Done
        package typealias Refusal = NodeRegistration.Refusal

        package static let tag: UInt32 = 3
        /// The certificate.
        package let certificate: RegisteredCertificate

        /// Notes the certificate `serial` for `keyID`, which ends at `notAfter`.
        package init(serial: [UInt8], keyID: SHA256Digest, notAfter: WallTime) {
            certificate = RegisteredCertificate(
                serial: Array(serial.prefix(Limits.Enrolment.maximumSerialBytes)),
                keyID: keyID,
                notAfter: notAfter
            )
        }

        package func decide(
            _ state: NodeRegistration,
            _ turn: inout Turn<NodeRegistration>
        ) throws(NodeRegistration.Refusal) -> Done {
            guard state.identity != nil else { throw .notRegistered }
            guard state.holds(certificate.keyID) else { throw .keyEnded }
            if !state.certificates.contains(certificate) { turn.emit(.recorded(certificate)) }
            return Done()
        }

        package func encode(into writer: inout WireWriter) { certificate.encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) {
            certificate = try RegisteredCertificate(from: &reader)
        }
    }

    /// Says that a link of an identity with a key has opened, which ends the older keys.
    ///
    /// Refused where a newer key has ended this one, and where the name belongs to another identity: whoever shows it
    /// is to be cut off. A name that nobody has enrolled was given by the authority (`meshnode ca issue`), and belongs
    /// to who has proved it from then on. A key that was never here is the authority's own business.
    ///
    /// Replies whether the key is registered, so that it has ended the older ones.
    package struct Prove: Command {
        package typealias Target = NodeRegistration
        package typealias Reply = Bool
        package typealias Refusal = NodeRegistration.Refusal

        package static let tag: UInt32 = 4
        /// Whom the certificate names.
        package let identity: NodeIdentity
        /// SHA-256 of its key.
        package let keyID: SHA256Digest

        /// A link of `identity` with the key `keyID` has opened.
        package init(identity: NodeIdentity, keyID: SHA256Digest) {
            self.identity = identity
            self.keyID = keyID
        }

        package func decide(
            _ state: NodeRegistration,
            _ turn: inout Turn<NodeRegistration>
        ) throws(NodeRegistration.Refusal) -> Bool {
            guard let owner = state.identity else {
                turn.emit(.claimed(identity, keyID: keyID))
                return true
            }
            guard owner == identity else { throw .nameTaken }
            guard let place = state.keys.firstIndex(where: { $0.keyID == keyID }) else {
                guard !state.knows(keyID) else { throw .keyEnded }
                return false
            }
            if place > 0 || !state.keys[place].isProven { turn.emit(.proven(keyID: keyID)) }
            return true
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            writer.write(identity)
            writer.write(keyID)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            identity = try reader.readIdentity()
            keyID = try reader.readDigest()
            try reader.endRecord(tail)
        }
    }

    /// Asks for all that is registered.
    package struct Show: Command {
        package typealias Target = NodeRegistration
        package typealias Reply = NodeRegistration
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 5

        /// The only one.
        package init() {}

        package func decide(_ state: NodeRegistration, _ turn: inout Turn<NodeRegistration>) -> NodeRegistration {
            state
        }

        package func encode(into writer: inout WireWriter) { Done().encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) { _ = try Done(from: &reader) }
    }
}
