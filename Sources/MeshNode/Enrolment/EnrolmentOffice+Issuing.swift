internal import MeshActors
internal import MeshCertificates
internal import MeshCore
internal import MeshIdentity

extension EnrolmentOffice {
    /// The request for a certificate that `der` spells, which asks for no other name than `identity`.
    func certificateRequest(
        _ der: [UInt8],
        of identity: NodeIdentity?
    ) throws(EnrolmentRefusal) -> CertificateRequest {
        let request: CertificateRequest
        do throws(CertificateError) {
            request = try CertificateRequest(der: der)
        } catch {
            throw EnrolmentRefusal(.badRequest, "the hub does not take the request for a certificate: \(error.message)")
        }
        if let identity { try Self.check(request, names: identity) }
        return request
    }

    /// Throws where a request asks for another name: whoever has written it means somebody else.
    static func check(_ request: CertificateRequest, names identity: NodeIdentity) throws(EnrolmentRefusal) {
        guard let other = request.uris.first(where: { $0 != identity.text }) else { return }
        throw EnrolmentRefusal(
            .badRequest,
            "the request for a certificate asks for '\(other.cut(toBytes: 200))', and not for '\(identity)'"
        )
    }

    /// Has the certificate signed and notes it.
    func issue(
        _ identity: NodeIdentity,
        _ request: CertificateRequest,
        _ registration: ActorReference<JournaledActor<NodeRegistration>>
    ) async throws(EnrolmentRefusal) -> IssuedIdentity {
        let chain: [Certificate]
        let authorities: [Certificate]
        do throws(CertificateError) {
            let grant = try NodeGrant(identity: identity, life: configuration.certificateLife)
            chain = try await issuer.issue(grant, for: request, now: clock.wallTime)
            authorities = try issuer.authorities()
        } catch {
            // Paths and reasons are the operator's business.
            logger.log(.error, .notIssued, error: error)
            throw EnrolmentRefusal(
                .notIssued,
                "the hub's authority has not issued the certificate; the hub's log says why, try again later",
                retryAfterMilliseconds: 10_000
            )
        }
        let record = NodeRegistration.Record(
            serial: chain[0].serial,
            keyID: request.keyID,
            notAfter: chain[0].validity.notAfter
        )
        do throws(CallFailure<NodeRegistration.Refusal>) {
            _ = try await registration.call(record, deadline: deadline)
        } catch {
            throw EnrolmentRefusal(error) { .init($0, name: identity.node) }
        }
        return IssuedIdentity(
            chain: chain.map(\.der),
            authorities: authorities.map(\.der),
            wallTime: clock.wallTime
        )
    }

    /// Runs `body`, and writes to the log what came of it; never a token.
    func logged(
        _ identity: NodeIdentity?,
        _ name: NodeID? = nil,
        _ body: () async throws(EnrolmentRefusal) -> IssuedIdentity
    ) async -> EnrolmentAnswer {
        let who = identity?.text ?? name?.text ?? ""
        do throws(EnrolmentRefusal) {
            let issued = try await body()
            count(nil)
            logger.log(.info, .issued, [LogField(.node, .text(who))])
            return .issued(issued)
        } catch {
            let fields = [
                LogField(.node, .text(who)), LogField(.refusal, .integer(Int64(error.code.rawValue))),
                LogField(.reason, .text(error.message)),
            ]
            count(error)
            logger.log(.warning, .refused, fields)
            return .refused(error)
        }
    }
}

extension ActorNode {
    /// The registration of `name`, wherever it lives.
    func registration(
        of name: NodeID
    ) throws(EnrolmentRefusal) -> ActorReference<JournaledActor<NodeRegistration>> {
        do throws(ActorError) { return try actor(NodeRegistration.self, name.text) } catch {
            throw .notNow("the hub's registrations cannot be reached")
        }
    }

    /// The spent tokens of `tenant`, wherever they live.
    func tokens(of tenant: TenantID) throws(EnrolmentRefusal) -> ActorReference<JournaledActor<EnrolmentTokens>> {
        do throws(ActorError) { return try actor(EnrolmentTokens.self, tenant.text) } catch {
            throw .notNow("the hub's tokens cannot be reached")
        }
    }
}

extension LogEvent {
    static let issued = LogEvent("enrolment.issued")
    static let refused = LogEvent("enrolment.refused")
    static let notIssued = LogEvent("enrolment.not-issued")
    static let proofFailed = LogEvent("enrolment.proof-failed")
    static let linkCut = LogEvent("enrolment.link-cut")
    static let renewed = LogEvent("enrolment.renewed")
    static let renewalFailed = LogEvent("enrolment.renewal-failed")
}

extension LogKey {
    static let refusal = LogKey("refusal")
}
