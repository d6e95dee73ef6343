package import MeshCore
package import MeshWire

/// What an enrolment token says: who may get a certificate, until when, and from whose authority.
package struct EnrolmentClaims: Hashable, Sendable {
    /// The boundary that the node will belong to.
    package let tenant: TenantID

    /// What the node may do.
    package let role: NodeRole

    /// The node's name, if it is settled; nil lets the node choose one.
    package let node: NodeID?

    /// When the token was made.
    package let issued: WallTime

    /// The last moment at which it counts.
    package let until: WallTime

    /// 128 bits that nobody can guess: which token it is.
    package let tokenID: UniqueID

    /// SHA-256 of the certificate of the authority: whom the node shall believe, and nobody else.
    package let authority: SHA256Digest

    /// These claims, of a life of at most ``Limits/Enrolment/maximumTokenLife``.
    package init(
        tenant: TenantID,
        role: NodeRole,
        node: NodeID?,
        issued: WallTime,
        life: Duration,
        tokenID: UniqueID,
        authority: SHA256Digest
    ) throws(EnrolmentError) {
        guard life >= .seconds(1), life <= Limits.Enrolment.maximumTokenLife else {
            let limit = Limits.Enrolment.maximumTokenLife.shortText
            throw EnrolmentError(.longToken, "an enrolment token lives from 1s to \(limit), not \(life.shortText)")
        }
        self.tenant = tenant
        self.role = role
        self.node = node
        self.issued = issued
        until = issued.moved(by: life)
        self.tokenID = tokenID
        self.authority = authority
    }

    /// Whether `identity` is one that these claims allow.
    package func allow(_ identity: NodeIdentity) -> Bool {
        identity.tenant == tenant && identity.role == role && (node == nil || node == identity.node)
    }

    /// For people: `an edge of 'acme' called 'laptop-7'`.
    package var subject: String {
        let what = role == .edge ? "an edge" : "a hub"
        return "\(what) of '\(tenant)'\(node.map { " called '\($0)'" } ?? "")"
    }

    /// Throws unless the claims count at `now`, by the clock of the hub.
    func check(now: WallTime) throws(EnrolmentError) {
        guard until.since(issued) <= Limits.Enrolment.maximumTokenLife, issued < until else {
            let limit = Limits.Enrolment.maximumTokenLife.shortText
            throw EnrolmentError(.longToken, "the enrolment token lives longer than \(limit), and none may")
        }
        guard issued.since(now) <= Limits.Enrolment.toleratedSkew else {
            throw EnrolmentError(
                .earlyToken,
                "the enrolment token was made at \(issued), and the hub's clock says \(now): one of the clocks is wrong"
            )
        }
        guard now <= until else {
            throw EnrolmentError(
                .expiredToken,
                "the enrolment token ended at \(until), and the hub's clock says \(now): have a new one made, "
                    + "or mend the clock that is wrong"
            )
        }
    }
}

extension EnrolmentClaims: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: Self.fields)
        encodeFields(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: Self.fields)
        self = try Self.fields(from: &reader)
        try reader.endRecord(tail)
    }

    func encodeFields(into writer: inout WireWriter) {
        writer.write(Self.version)
        writer.write(tenant.text)
        writer.write(UInt64(role == .edge ? 0 : 1))
        (node?.text).encode(into: &writer)
        writer.write(issued)
        writer.write(until)
        writer.write(tokenID)
        writer.write(authority)
    }

    static func fields(from reader: inout WireReader) throws(WireError) -> EnrolmentClaims {
        guard try reader.readUInt64() == version else {
            throw WireError(.invalidValue, "a token of another version")
        }
        return EnrolmentClaims(
            tenant: try reader.readIdentifier(),
            role: try reader.readRole(),
            node: try reader.readNil() ? nil : try reader.readIdentifier(),
            issued: try reader.readTime(),
            until: try reader.readTime(),
            tokenID: try reader.readUniqueID(),
            authority: try reader.readDigest()
        )
    }

    private init(
        tenant: TenantID,
        role: NodeRole,
        node: NodeID?,
        issued: WallTime,
        until: WallTime,
        tokenID: UniqueID,
        authority: SHA256Digest
    ) {
        self.tenant = tenant
        self.role = role
        self.node = node
        self.issued = issued
        self.until = until
        self.tokenID = tokenID
        self.authority = authority
    }

    static let fields = 8
    private static let version = UInt64(1)
}
