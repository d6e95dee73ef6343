internal import MeshActors
package import MeshCore
internal import MeshIdentity

extension EnrolmentOffice {
    /// What a link that has opened means to the registration of its node.
    package enum LinkVerdict: Hashable, Sendable {
        /// It may stay.
        case stays
        /// It is to be closed, for that reason: a newer key has ended the one that it was opened with, or the name is
        /// not its own.
        case isCut(String)
        /// The journal cannot be asked: it stays, because its certificate counts and nobody has put its node out, but
        /// nothing is renewed by it before it has been asked about again.
        case isNotKnown
    }

    /// Asks whether the key of the link `number`, which ``links`` knows, counts: then it is proved, and older ones of
    /// the node end, with their links a little later.
    package func prove(_ number: UInt64, _ certificate: PeerCertificate) async -> LinkVerdict {
        let name = certificate.identity.node
        let prove = NodeRegistration.Prove(identity: certificate.identity, keyID: certificate.keyID)
        do throws(EnrolmentRefusal) {
            let (node, _) = try opened()
            let registration = try node.registration(of: name)
            do throws(CallFailure<NodeRegistration.Refusal>) {
                let isRegistered = try await registration.call(prove, deadline: deadline)
                let end = isRegistered ? clock.now + Limits.Hub.endedKeyPatience : nil
                links.proven(number, certificate, endsOthersAt: end)
                return .stays
            } catch {
                throw EnrolmentRefusal(error) { .init($0, name: name) }
            }
        } catch {
            let isCut = error.code != .unavailable
            logger.log(.warning, isCut ? .linkCut : .proofFailed, [LogField(.node, .text(name.text))])
            return isCut ? .isCut(error.message) : .isNotKnown
        }
    }
}
