package import MeshActors
internal import MeshCore
package import MeshIdentity
package import MeshWire

/// Renews the certificate of the node whose name is its key, over the tunnel.
///
/// An edge may call the one of its own name alone (`AccessRule.ownNode`); which key it has proved is known from its
/// link.
package actor CertificatesActor: PlainActor {
    package static let kind = ActorKind("certificates")

    package static var commands: CommandTable<CertificatesActor> { CommandTable().accepting(Renew.self) }

    private weak var office: EnrolmentOffice?
    private let key: String

    init(office: EnrolmentOffice?, key: String) {
        self.office = office
        self.key = key
    }

    fileprivate func renew(_ certificateRequest: [UInt8]) async -> EnrolmentAnswer {
        guard let office else { return .refused(.notNow("the hub gives no certificates")) }
        guard let name = try? NodeID(key) else {
            return .refused(EnrolmentRefusal(.malformed, "no node has such a name"))
        }
        return await office.renew(name, certificateRequest)
    }

    /// Asks for a certificate for a new key of the node.
    package struct Renew: PlainCommand {
        package typealias Target = CertificatesActor
        package typealias Reply = EnrolmentAnswer
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 1
        /// The request for a certificate (PKCS #10, DER), signed by the new key.
        package let certificateRequest: [UInt8]

        /// Asks with that request.
        package init(certificateRequest: [UInt8]) { self.certificateRequest = certificateRequest }

        package func perform(on target: isolated CertificatesActor) async throws(NoRefusal) -> EnrolmentAnswer {
            await target.renew(certificateRequest)
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 1)
            writer.write(bytes: certificateRequest)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 1)
            certificateRequest = try reader.readBytes()
            try reader.endRecord(tail)
            guard certificateRequest.count <= Limits.Enrolment.maximumRequestBytes else {
                throw WireError(.invalidValue, "a request of \(certificateRequest.count) bytes")
            }
        }
    }
}
