package import MeshActors
package import MeshCertificates
package import MeshCore
package import MeshIdentity
package import MeshQUIC
internal import MeshWire

/// The hub's side of enrolment: who asks for a certificate, and gets it or is told why not.
///
///     token checked ─▶ spent ─▶ registered ─▶ let in again if it was out ─▶ signed ─▶ noted ─▶ answered
///
/// Each step is durable before the next begins. A crash between two of them does no harm: the same device may ask
/// again, with the same token and the same key, and signing twice gives no right that signing once does not give.
package final class EnrolmentOffice: Sendable {
    let issuer: any CertificateIssuer
    let clock: any Clock
    let logger: Logger
    private let settings: Lock<EnrolmentConfiguration>
    /// How certificates are given now.
    var configuration: EnrolmentConfiguration { settings.withLock { $0 } }
    private let tokenKey: TokenKey
    /// The hub's open links, and what is known of their keys.
    package let links = OpenLinks()
    private let answered = Lock<[String: Int64]>([:])
    private let pace: Lock<RenewalPace>
    private let desk = Lock(Desk())

    /// What the office works with once the node exists; weak, because the node holds the office by its kinds.
    private struct Desk: Sendable {
        weak var node: ActorNode?
        var own: NodeID?
        var revocations: RevocationOffice?
    }

    /// An office that recognises tokens by `tokenKey` and has certificates signed by `issuer`.
    package init(
        issuer: any CertificateIssuer,
        tokenKey: TokenKey,
        configuration: EnrolmentConfiguration = EnrolmentConfiguration(),
        clock: any Clock,
        logger: Logger
    ) {
        self.issuer = issuer
        self.tokenKey = tokenKey
        settings = Lock(configuration)
        pace = Lock(RenewalPace(life: configuration.certificateLife))
        self.clock = clock
        self.logger = logger
    }

    /// The kinds of actors that a hub hosts for it.
    package var kinds: [HostedKind] {
        [
            .journaled(EnrolmentTokens.self),
            .journaled(NodeRegistration.self),
            .journaled(RevocationList.self),
            .plain(CertificatesActor.self, access: .edges(.ownNode)) { [weak self] address in
                CertificatesActor(office: self, key: address.key)
            },
        ]
    }

    /// Works with `node`, the hub of the name `own`, which hosts ``kinds``, and with `revocations` on it; until then
    /// everybody is told to wait.
    package func open(on node: ActorNode, named own: NodeID, revocations: RevocationOffice) {
        desk.withLock { $0 = Desk(node: node, own: own, revocations: revocations) }
    }

    /// Gives certificates of another life from now on.
    package func use(certificateLife life: Duration) {
        settings.withLock { $0.certificateLife = life }
        pace.withLock { $0.use(life: life) }
    }

    /// Whether `identity` has enrolled, tenant and role included; nil where that cannot be told now.
    func isKnown(_ identity: NodeIdentity) async -> Bool? {
        guard let (node, _) = try? opened(), let registration = try? node.registration(of: identity.node),
            let state = try? await state(of: registration)
        else { return nil }
        return state.identity == identity
    }

    /// How often it has issued a certificate, and how often refused one, by why.
    package var answers: [String: Int64] { answered.withLock { $0 } }

    /// Counts an answer: that it was `refusal`, or, where that is nil, a certificate.
    func count(_ refusal: EnrolmentRefusal?) {
        let word = refusal?.code.word ?? "issued"
        answered.withLock { $0[word, default: 0] += 1 }
    }

    func opened() throws(EnrolmentRefusal) -> (ActorNode, RevocationOffice) {
        let (node, revocations) = desk.withLock { ($0.node, $0.revocations) }
        guard let node, let revocations else { throw .notNow("the hub is not ready yet") }
        return (node, revocations)
    }

    // MARK: At the listener

    /// Answers a request of the listener for enrolment: its handler.
    package func answer(_ call: EnrolmentCall) async -> [UInt8] {
        let request: EnrolmentRequest
        do throws(WireError) {
            request = try EnrolmentRequest(wireBytes: call.payload)
        } catch {
            let refusal = EnrolmentRefusal(.malformed, "the hub cannot read the request: \(error.message)")
            count(refusal)
            return EnrolmentAnswer.refused(refusal).wireBytes
        }
        return await answer(request, from: call.peer).wireBytes
    }

    /// Answers a request of somebody who has proved the key of `peer`, or none.
    package func answer(_ request: EnrolmentRequest, from peer: PeerCertificate?) async -> EnrolmentAnswer {
        await logged(request.identity) { () async throws(EnrolmentRefusal) in
            let wanted = try self.certificateRequest(request.certificateRequest, of: request.identity)
            if let token = request.token {
                return try await self.enrol(request, token, wanted)
            }
            guard let peer else {
                throw EnrolmentRefusal(
                    .nothingShown,
                    "neither an enrolment token nor a certificate was shown; ask for a token (meshnode ca token)"
                )
            }
            guard peer.identity == request.identity else {
                throw EnrolmentRefusal(
                    .notForThis,
                    "the certificate that was shown is of '\(peer.identity)', and not of '\(request.identity)'"
                )
            }
            return try await self.renew(peer.identity.node, currentKeyID: peer.keyID, wanted)
        }
    }

    private func enrol(
        _ request: EnrolmentRequest,
        _ text: String,
        _ wanted: CertificateRequest
    ) async throws(EnrolmentRefusal) -> IssuedIdentity {
        let (node, revocations) = try opened()
        let claims = try claims(of: text, request)
        let (identity, keyID) = (request.identity, wanted.keyID)
        let registration = try node.registration(of: identity.node)
        // Before the token is spent, so that another name can be tried with it.
        try await check(registration, isFreeFor: identity, claims)
        let spend = EnrolmentTokens.Spend(
            tokenID: claims.tokenID,
            identity: identity,
            keyID: keyID,
            until: claims.until
        )
        let tokens = try node.tokens(of: claims.tenant)
        do throws(CallFailure<EnrolmentTokens.Refusal>) {
            _ = try await tokens.call(spend, deadline: deadline)
        } catch {
            throw EnrolmentRefusal(error) { .init($0) }
        }
        let enrol = NodeRegistration.Enrol(
            identity: identity,
            keyID: keyID,
            tokenID: claims.tokenID,
            isNamed: claims.node != nil
        )
        do throws(CallFailure<NodeRegistration.Refusal>) {
            _ = try await registration.call(enrol, deadline: deadline)
        } catch {
            throw EnrolmentRefusal(error) { .init($0, name: identity.node) }
        }
        do throws(CallFailure<RevocationList.Refusal>) {
            try await revocations.readmit(identity, keyID: keyID, tokenIssued: claims.issued)
        } catch {
            throw EnrolmentRefusal(error) { .init($0) }
        }
        return try await issue(identity, wanted, registration)
    }

    /// What the token says, if it is genuine, counts now, and is for that identity.
    private func claims(of text: String, _ request: EnrolmentRequest) throws(EnrolmentRefusal) -> EnrolmentClaims {
        let claims: EnrolmentClaims
        do throws(EnrolmentError) {
            let token = try EnrolmentToken(text)
            try token.check(key: tokenKey, now: clock.wallTime)
            claims = token.claims
        } catch {
            throw EnrolmentRefusal(error, deviceTime: request.wallTime, now: clock.wallTime)
        }
        guard claims.allow(request.identity) else {
            throw EnrolmentRefusal(
                .notForThis,
                "the enrolment token is for \(claims.subject), and not for '\(request.identity)'"
            )
        }
        return claims
    }

    // MARK: Over the tunnel

    /// Gives the node `name`, which is connected, a certificate for another key.
    ///
    /// A call does not say by which link it came: it is answered where all links of the node have one key that counts.
    func renew(_ name: NodeID, _ certificateRequest: [UInt8]) async -> EnrolmentAnswer {
        let keyID: SHA256Digest
        switch links.key(of: name) {
        case .none: return .refused(.notNow("the hub does not know yet by which key '\(name)' is connected"))
        case .unsettled: return .refused(.notNow("'\(name)' is connected by more than one key until the old one ends"))
        case .settled(let known): keyID = known
        }
        return await logged(nil, name) { () async throws(EnrolmentRefusal) in
            let wanted = try self.certificateRequest(certificateRequest, of: nil)
            return try await self.renew(name, currentKeyID: keyID, wanted)
        }
    }

    private func renew(
        _ name: NodeID,
        currentKeyID: SHA256Digest,
        _ wanted: CertificateRequest
    ) async throws(EnrolmentRefusal) -> IssuedIdentity {
        let (node, revocations) = try opened()
        let registration = try node.registration(of: name)
        let state = try await state(of: registration)
        guard let identity = state.identity else {
            throw EnrolmentRefusal(NodeRegistration.Refusal.notRegistered, name: name)
        }
        // Before its turn is taken: whoever has an ended key shall not keep the node waiting.
        guard state.holds(currentKeyID) else {
            throw EnrolmentRefusal(NodeRegistration.Refusal.keyEnded, name: name)
        }
        try Self.check(wanted, names: identity)
        guard try await !isOut(identity, currentKeyID, revocations) else {
            throw EnrolmentRefusal(RevocationList.Refusal.notReadmitted)
        }
        if let pause = pace.withLock({ $0.begin(name, now: clock.wallTime) }) {
            let milliseconds = (max(pause, .milliseconds(1)) / .milliseconds(1)).rounded(.up)
            throw EnrolmentRefusal(
                .unavailable,
                "'\(name)' has renewed its certificate just now; it may again after a pause",
                retryAfterMilliseconds: UInt32(exactly: milliseconds) ?? .max
            )
        }
        var isIssued = false
        defer { pace.withLock { $0.ended(name, isIssued: isIssued, now: clock.wallTime) } }
        let renew = NodeRegistration.Renew(currentKeyID: currentKeyID, newKeyID: wanted.keyID)
        do throws(CallFailure<NodeRegistration.Refusal>) {
            _ = try await registration.call(renew, deadline: deadline)
        } catch {
            throw EnrolmentRefusal(error) { .init($0, name: name) }
        }
        do throws(CallFailure<RevocationList.Refusal>) {
            try await revocations.allow(identity, currentKeyID: currentKeyID, newKeyID: wanted.keyID)
        } catch {
            throw EnrolmentRefusal(error) { .init($0) }
        }
        let issued = try await issue(identity, wanted, registration)
        isIssued = true
        return issued
    }

    /// Throws where the name is the hub's own, or has an owner whom the token does not name.
    ///
    /// The registration decides by the same rule; one that this very token was used for is left to the token's own
    /// refusal, because that one says that somebody else has used it.
    private func check(
        _ registration: ActorReference<JournaledActor<NodeRegistration>>,
        isFreeFor identity: NodeIdentity,
        _ claims: EnrolmentClaims
    ) async throws(EnrolmentRefusal) {
        let taken = EnrolmentRefusal(NodeRegistration.Refusal.nameTaken, name: identity.node)
        guard identity.node != desk.withLock({ $0.own }) else { throw taken }
        let state = try await state(of: registration)
        guard let owner = state.identity else { return }
        let isKnown = claims.node != nil || state.keys.contains { $0.tokenID == claims.tokenID }
        guard owner == identity, isKnown else { throw taken }
    }

    private func state(
        of registration: ActorReference<JournaledActor<NodeRegistration>>
    ) async throws(EnrolmentRefusal) -> NodeRegistration {
        do throws(CallFailure<NoRefusal>) {
            return try await registration.call(NodeRegistration.Show(), deadline: deadline)
        } catch {
            throw .notNow("the hub's registrations cannot be read now")
        }
    }

    private func isOut(
        _ identity: NodeIdentity,
        _ keyID: SHA256Digest,
        _ revocations: RevocationOffice
    ) async throws(EnrolmentRefusal) -> Bool {
        do throws(CallFailure<NoRefusal>) { return try await revocations.isOut(identity, keyID: keyID) } catch {
            throw .notNow("the hub's revocations cannot be read now")
        }
    }

    var deadline: Instant { clock.now + configuration.patience }
}
