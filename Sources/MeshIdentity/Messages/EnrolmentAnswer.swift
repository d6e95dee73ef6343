package import MeshCore
package import MeshWire

/// What a hub answers to a request for a certificate.
package enum EnrolmentAnswer: Hashable, Sendable {
    /// Here it is.
    case issued(IssuedIdentity)
    /// There is none, for that reason.
    case refused(EnrolmentRefusal)
}

/// A certificate with all that a device needs beside its key.
package struct IssuedIdentity: Hashable, Sendable {
    /// The certificate, then those between it and a root; each in DER.
    package let chain: [[UInt8]]

    /// The authorities to believe from now on; each in DER.
    package let authorities: [[UInt8]]

    /// The hub's clock.
    package let wallTime: WallTime

    /// A certificate with those above it.
    package init(chain: [[UInt8]], authorities: [[UInt8]], wallTime: WallTime) {
        self.chain = chain
        self.authorities = authorities
        self.wallTime = wallTime
    }
}

extension IssuedIdentity: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        for list in [chain, authorities] {
            writer.writeArrayHead(count: list.count)
            for certificate in list { writer.write(bytes: certificate) }
        }
        writer.write(wallTime)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        let (maximum, bytes) = (
            Limits.Enrolment.maximumCertificatesInAnswer, Limits.Enrolment.maximumCertificateBytes
        )
        chain = try reader.readList(atMost: maximum, bytes: bytes)
        authorities = try reader.readList(atMost: maximum, bytes: bytes)
        wallTime = try reader.readTime()
        try reader.endRecord(tail)
        guard !chain.isEmpty, !authorities.isEmpty else {
            throw WireError(.invalidValue, "an answer without a certificate or without an authority")
        }
    }
}

extension EnrolmentAnswer: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        switch self {
        case .issued(let identity):
            writer.write(UInt64(0))
            identity.encode(into: &writer)
        case .refused(let refusal):
            writer.write(UInt64(1))
            refusal.encode(into: &writer)
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        switch try reader.readUInt64() {
        case 0: self = .issued(try IssuedIdentity(from: &reader))
        case 1: self = .refused(try EnrolmentRefusal(from: &reader))
        default: throw WireError(.invalidValue, "no such answer")
        }
        try reader.endRecord(tail)
    }
}
