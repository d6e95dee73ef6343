package import MeshCore
package import MeshWire

/// What a device asks for: a certificate for its key, by a token or by the key of a certificate that has expired.
package struct EnrolmentRequest: Hashable, Sendable {
    /// The token's text; nil for a device that comes home, which proves its old key in the handshake.
    package let token: String?

    /// Who it wants to be.
    package let identity: NodeIdentity

    /// The request for a certificate (PKCS #10, DER), signed by the key that it is about.
    package let certificateRequest: [UInt8]

    /// The device's clock, so that the hub can say whose is wrong.
    package let wallTime: WallTime

    /// A request for a certificate for `identity`.
    package init(token: String?, identity: NodeIdentity, certificateRequest: [UInt8], wallTime: WallTime) {
        self.token = token
        self.identity = identity
        self.certificateRequest = certificateRequest
        self.wallTime = wallTime
    }
}

extension EnrolmentRequest: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        token.encode(into: &writer)
        writer.write(identity)
        writer.write(bytes: certificateRequest)
        writer.write(wallTime)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        token = try reader.readNil() ? nil : try reader.readText(atMost: Limits.Enrolment.maximumTokenTextBytes)
        identity = try reader.readIdentity()
        certificateRequest = try reader.readBytes(atMost: Limits.Enrolment.maximumRequestBytes)
        wallTime = try reader.readTime()
        try reader.endRecord(tail)
    }
}

extension EnrolmentRequest: CustomStringConvertible {
    /// Without the token.
    package var description: String { "a request of '\(identity)' to be enrolled" }
}
