package import MeshCore

/// What a client keeps of a connection to make the next one with less work, and to send early data.
///
/// It is a secret of the client: whoever has it can resume as this client until the server's ticket ends.
package struct ResumptionTicket: Sendable {
    let session: [UInt8]
    let parameters: [UInt8]
    let protocolName: String

    /// The server as the first connection found it; a resumed one shows no certificate again.
    package let server: PeerCertificate?
}

extension ResumptionTicket: CustomStringConvertible {
    /// Nothing of its content.
    package var description: String { "a resumption ticket" }
}
