package import MeshActors
package import MeshCore
package import MeshWire

/// Which identity a node's name belongs to, and by which keys it may be shown.
///
///     (free) ──enrol──▶ key is coming ──proven──▶ key is current ──another is proven──▶ key is retired
///        │                   ▲                         │  ▲
///        │                   └──────── renew ──────────┘  │
///        └── proven: the authority itself has given it ───┘
///
/// A name belongs to one identity for ever, because names address nodes. Two keys count while one replaces the other.
package struct NodeRegistration: Journaled, Hashable {
    package static let kind = ActorKind("node")

    package static var commands: CommandTable<JournaledActor<NodeRegistration>> {
        CommandTable()
            .accepting(Enrol.self)
            .accepting(Renew.self)
            .accepting(Record.self)
            .accepting(Prove.self)
            .accepting(Show.self)
    }

    /// Whose name it is; nil until somebody has enrolled under it.
    package private(set) var identity: NodeIdentity?

    /// The keys that count, the oldest first.
    package private(set) var keys: [RegisteredKey] = []

    /// Every key that ever came with a token, the first one first.
    package private(set) var enrolledKeys: [SHA256Digest] = []

    /// Keys that counted and do not any more, the one that ended first first.
    package private(set) var retiredKeys: [SHA256Digest] = []

    /// The certificates that were issued, the oldest first.
    package private(set) var certificates: [RegisteredCertificate] = []

    package init(key: String) {}

    /// A key that counts.
    package struct RegisteredKey: Hashable, Sendable {
        /// SHA-256 of it.
        package let keyID: SHA256Digest
        /// The token that it came with; nil where a renewal brought it.
        package let tokenID: UniqueID?
        /// Whether a link with it has opened.
        package var isProven: Bool
    }

    /// A certificate that was issued.
    package struct RegisteredCertificate: Hashable, Sendable {
        /// Its issuer's number for it.
        package let serial: [UInt8]
        /// The key that it is about.
        package let keyID: SHA256Digest
        /// Its last moment.
        package let notAfter: WallTime
    }

    /// One change.
    package enum Event: Hashable, Sendable {
        case enrolled(NodeIdentity, keyID: SHA256Digest, tokenID: UniqueID)
        case renewed(keyID: SHA256Digest)
        case recorded(RegisteredCertificate)
        case proven(keyID: SHA256Digest)
        /// A link has opened under a name that nobody had enrolled: whoever proved it has it.
        case claimed(NodeIdentity, keyID: SHA256Digest)
    }

    package mutating func apply(_ event: Event, at position: EventPosition) {
        switch event {
        case .enrolled(let identity, let keyID, let tokenID):
            self.identity = identity
            enrolledKeys.append(keyID)
            add(RegisteredKey(keyID: keyID, tokenID: tokenID, isProven: false))
        case .renewed(let keyID): add(RegisteredKey(keyID: keyID, tokenID: nil, isProven: false))
        case .recorded(let certificate):
            certificates.append(certificate)
            certificates.removeFirst(max(0, certificates.count - Limits.Enrolment.maximumCertificates))
        case .proven(let keyID): prove(keyID)
        case .claimed(let identity, let keyID):
            self.identity = identity
            add(RegisteredKey(keyID: keyID, tokenID: nil, isProven: true))
        }
    }

    /// Where there is no room, the oldest goes that was never proved: the proved one is what the node has for sure.
    private mutating func add(_ key: RegisteredKey) {
        if keys.count >= Limits.Enrolment.maximumKeys {
            let place = keys.firstIndex { !$0.isProven } ?? 0
            retire(keys.remove(at: place).keyID)
        }
        keys.append(key)
    }

    /// What is older than a proved key ends; a newer one may still come.
    private mutating func prove(_ keyID: SHA256Digest) {
        guard let place = keys.firstIndex(where: { $0.keyID == keyID }) else { return }
        for key in keys[..<place] { retire(key.keyID) }
        keys.removeFirst(place)
        keys[0].isProven = true
    }

    private mutating func retire(_ keyID: SHA256Digest) {
        retiredKeys.append(keyID)
        retiredKeys.removeFirst(max(0, retiredKeys.count - Limits.Enrolment.maximumRetiredKeys))
    }

    /// Whether the key counts.
    package func holds(_ keyID: SHA256Digest) -> Bool { keys.contains { $0.keyID == keyID } }

    /// Whether the key was ever this node's, as far as that is remembered.
    func knows(_ keyID: SHA256Digest) -> Bool {
        holds(keyID) || enrolledKeys.contains(keyID) || retiredKeys.contains(keyID)
    }

    package var approximateBytes: Int {
        let digests = enrolledKeys.count + retiredKeys.count
        return Limits.Hosting.assumedBytes + digests * SHA256Digest.byteCount + certificates.count * 128
    }
}

extension NodeRegistration {
    /// Writes the snapshot.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 5)
        (identity?.text).encode(into: &writer)
        keys.encode(into: &writer)
        writer.write(enrolledKeys)
        writer.write(retiredKeys)
        certificates.encode(into: &writer)
    }

    /// Reads the snapshot.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 5)
        identity = try reader.readNil() ? nil : try reader.readIdentity()
        keys = try [RegisteredKey](from: &reader)
        enrolledKeys = try reader.readDigests(atMost: Limits.Enrolment.maximumEnrolledKeys)
        retiredKeys = try reader.readDigests(atMost: Limits.Enrolment.maximumRetiredKeys)
        certificates = try [RegisteredCertificate](from: &reader)
        try reader.endRecord(tail)
    }
}

extension NodeRegistration.RegisteredKey: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        writer.write(keyID)
        tokenID.encode(into: &writer)
        writer.write(isProven)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        keyID = try reader.readDigest()
        tokenID = try UniqueID?(from: &reader)
        isProven = try reader.readBool()
        try reader.endRecord(tail)
    }
}

extension NodeRegistration.RegisteredCertificate: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        writer.write(bytes: serial)
        writer.write(keyID)
        writer.write(notAfter)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        serial = try reader.readBytes(atMost: Limits.Enrolment.maximumSerialBytes)
        keyID = try reader.readDigest()
        notAfter = try reader.readTime()
        try reader.endRecord(tail)
    }
}

extension NodeRegistration.Event: WireCodable {
    package func encode(into writer: inout WireWriter) {
        switch self {
        case .enrolled(let identity, let keyID, let tokenID):
            writer.writeArrayHead(count: 4)
            writer.write(UInt64(0))
            writer.write(identity)
            writer.write(keyID)
            writer.write(tokenID)
        case .renewed(let keyID):
            writer.writeArrayHead(count: 2)
            writer.write(UInt64(1))
            writer.write(keyID)
        case .recorded(let certificate):
            writer.writeArrayHead(count: 2)
            writer.write(UInt64(2))
            certificate.encode(into: &writer)
        case .proven(let keyID):
            writer.writeArrayHead(count: 2)
            writer.write(UInt64(3))
            writer.write(keyID)
        case .claimed(let identity, let keyID):
            writer.writeArrayHead(count: 3)
            writer.write(UInt64(4))
            writer.write(identity)
            writer.write(keyID)
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let count = try reader.beginArray()
        guard count >= 2 else { throw WireError(.missingFields, "an event of \(count) fields") }
        let known: Int
        switch try reader.readUInt64() {
        case 0:
            guard count >= 4 else { throw WireError(.missingFields, "an event of \(count) fields") }
            self = .enrolled(
                try reader.readIdentity(),
                keyID: try reader.readDigest(),
                tokenID: try reader.readUniqueID()
            )
            known = 4
        case 1:
            self = .renewed(keyID: try reader.readDigest())
            known = 2
        case 2:
            self = .recorded(try NodeRegistration.RegisteredCertificate(from: &reader))
            known = 2
        case 3:
            self = .proven(keyID: try reader.readDigest())
            known = 2
        case 4:
            guard count >= 3 else { throw WireError(.missingFields, "an event of \(count) fields") }
            self = .claimed(try reader.readIdentity(), keyID: try reader.readDigest())
            known = 3
        default: throw WireError(.invalidValue, "no such event")
        }
        for _ in known..<count { try reader.skipItem() }
        reader.endNesting()
    }
}
