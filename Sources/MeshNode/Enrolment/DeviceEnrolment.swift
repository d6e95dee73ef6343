package import MeshCertificates
package import MeshCore
package import MeshIO
package import MeshIdentity
internal import MeshQUIC
internal import MeshWire

/// Why a device has no certificate.
package enum DeviceEnrolmentErrorCode: String, ErrorCode {
    package static let domain = "device-enrolment"

    /// The text is no enrolment token, or the name that was chosen does not fit it.
    case wrongToken
    /// Nobody answers there.
    case unreachable
    /// Somebody answers who is not the hub of the token.
    case wrongHub
    /// The hub says no; ``EnrolmentRefusal`` is the cause.
    case refused
    /// One of the clocks is wrong.
    case clock
    /// What the hub has sent is not what was asked for.
    case wrongAnswer
    /// The folder cannot be read or written.
    case folder
}

/// An error of a device's enrolment.
package typealias DeviceEnrolmentError = MeshError<DeviceEnrolmentErrorCode>

/// A device's side of enrolment: makes a key, asks for a certificate, checks what comes, and keeps it in a folder.
///
/// The key is written to the folder before it is used: an answer that gets lost, or a device that is switched off,
/// costs neither the token nor the name. Nothing counts before the whole of it was checked and one rename was made.
package struct DeviceEnrolment: Sendable {
    /// Where certificate, key and authorities lie.
    package let folder: CredentialFolder

    private let loop: EventLoop
    private let clock: any Clock
    private let patience: Duration

    /// Enrolment into `folder`; who is silent for `patience`, over all tries, counts as not there.
    package init(
        folder: CredentialFolder,
        loop: EventLoop,
        clock: any Clock,
        patience: Duration = .seconds(20)
    ) {
        self.folder = folder
        self.loop = loop
        self.clock = clock
        self.patience = patience
    }

    /// What came of it.
    package struct Outcome: Sendable {
        /// What the device has from now on.
        package let credentials: NodeCredentials
        /// How far the device's clock is ahead of the hub's; below zero where it is behind.
        package let clockAhead: Duration
    }

    // MARK: The first time

    /// Gets a certificate by the token `text` from the listener at `address`.
    ///
    /// `name` is the node's, unless the token says it.
    package func enrol(
        token text: String,
        name: NodeID?,
        at address: SocketAddress
    ) async throws(DeviceEnrolmentError) -> Outcome {
        let token: EnrolmentToken
        do throws(EnrolmentError) { token = try EnrolmentToken(text) } catch {
            throw DeviceEnrolmentError(.wrongToken, error.message, cause: error)
        }
        let claims = token.claims
        guard let node = claims.node ?? name else {
            throw DeviceEnrolmentError(.wrongToken, "the enrolment token names no node: choose a name (--id)")
        }
        guard name == nil || name == node else {
            throw DeviceEnrolmentError(.wrongToken, "the enrolment token is for '\(node)', and not for the name chosen")
        }
        let identity = NodeIdentity(tenant: claims.tenant, role: claims.role, node: node)
        let verifier = PinnedAuthorityVerifier(fingerprint: claims.authority)
        // A key for each token: a token that was made since needs another one.
        let pending = try keep { () throws(CertificateError) in
            try folder.pendingKey(Hexadecimal.encode(SHA256.digest(Array(text.utf8)).bytes.prefix(8)))
        }
        let issued: IssuedIdentity
        do throws(DeviceEnrolmentError) {
            issued = try await ask(
                EnrolmentQuestion(token: text, identity: identity, key: pending.key),
                at: address,
                credentials: nil,
                verifier: verifier
            )
        } catch {
            // The hub has said no for good, by this token: its key is of no use any more.
            if let refusal = error.cause as? EnrolmentRefusal, refusal.retryAfterMilliseconds == nil {
                folder.forget(pending)
            }
            throw error
        }
        guard let learned = verifier.learned, issued.authorities.contains(learned.certificates[0]) else {
            throw DeviceEnrolmentError(.wrongAnswer, "the hub does not name the authority of the token among its own")
        }
        return try take(issued, identity, pending.key) { folder.forgetEnrolment() }
    }

    /// The node's name that a token is bound to, if it is.
    package static func name(in text: String) throws(DeviceEnrolmentError) -> NodeID? {
        do throws(EnrolmentError) { return try EnrolmentToken(text).claims.node } catch {
            throw DeviceEnrolmentError(.wrongToken, error.message, cause: error)
        }
    }

    // MARK: Later

    /// Gets the next certificate by asking with `ask`: over the tunnel.
    package func renew(
        _ current: NodeCredentials,
        _ ask: (_ certificateRequest: [UInt8]) async throws -> EnrolmentAnswer
    ) async throws(DeviceEnrolmentError) -> Outcome {
        let key = try keep { () throws(CertificateError) in try KeyFile.make() }
        let request = try keep { () throws(CertificateError) in
            try CertificateRequest(identity: current.identity, key: key)
        }
        let answer: EnrolmentAnswer
        do { answer = try await ask(request.der) } catch {
            throw DeviceEnrolmentError(.unreachable, "the hub was not reached over the tunnel", cause: error)
        }
        return try take(try Self.issued(answer), current.identity, key)
    }

    /// Gets a certificate by the key of one that has expired, from the listener at `address`.
    package func comeHome(
        _ expired: NodeCredentials,
        at address: SocketAddress
    ) async throws(DeviceEnrolmentError) -> Outcome {
        let pending = try keep { () throws(CertificateError) in try returnKey(expired) }
        let verifier = try keep { () throws(CertificateError) in try CertificateVerifier(trust: expired.trust) }
        let issued: IssuedIdentity
        do throws(DeviceEnrolmentError) {
            issued = try await ask(
                EnrolmentQuestion(token: nil, identity: expired.identity, key: pending.key),
                at: address,
                credentials: expired,
                verifier: verifier
            )
        } catch {
            // It came home by it before, and renewed since: the next try makes another one.
            if (error.cause as? EnrolmentRefusal)?.code == .keyUsed { folder.forget(pending) }
            throw error
        }
        return try take(issued, expired.identity, pending.key) { folder.forget(pending) }
    }

    /// The key to come home with: the one of the last try, unless it has its certificate and was only not forgotten.
    private func returnKey(_ expired: NodeCredentials) throws(CertificateError) -> CredentialFolder.PendingKey {
        let pending = try folder.pendingKey("return")
        guard let certificate = expired.chain.first else { return pending }
        let keyID = try CertificateRequest(identity: expired.identity, key: pending.key).keyID
        guard try Certificate(der: certificate).keyID == keyID else { return pending }
        folder.forget(pending)
        return try folder.pendingKey("return")
    }

    /// What is in the folder; an expired certificate is read too, for ``comeHome(_:at:)``.
    package func load() throws(CertificateError) -> NodeCredentials {
        try CredentialFiles(folder: folder.path).loadExpired(now: clock.wallTime)
    }

    // MARK: One request

    private func ask(
        _ question: EnrolmentQuestion,
        at address: SocketAddress,
        credentials: NodeCredentials?,
        verifier: any PeerVerifier
    ) async throws(DeviceEnrolmentError) -> IssuedIdentity {
        var attempt = 1
        // How long nobody may answer, over all tries; an answer, whatever it says, begins it anew.
        var silenceEnds = clock.now + patience
        while true {
            let pause: Duration
            do throws(DeviceEnrolmentError) {
                let request = try keep { () throws(CertificateError) in try question.request(at: clock.wallTime) }
                let left = max(silenceEnds - clock.now, .milliseconds(1))
                return try Self.issued(try await once(request.wireBytes, address, credentials, verifier, within: left))
            } catch {
                let isSilent = error.code == .unreachable
                guard attempt < Limits.DeviceEnrolment.maximumAttempts, let hint = Self.pause(after: error),
                    !isSilent || clock.now + hint < silenceEnds
                else { throw error }
                pause = min(hint * attempt, Limits.DeviceEnrolment.longestPause)
                if !isSilent { silenceEnds = clock.now + pause + patience }
            }
            attempt += 1
            do throws(CancellationError) { try await clock.sleep(for: pause) } catch {
                throw DeviceEnrolmentError(.unreachable, "the caller was cancelled")
            }
        }
    }

    private func once(
        _ payload: [UInt8],
        _ address: SocketAddress,
        _ credentials: NodeCredentials?,
        _ verifier: any PeerVerifier,
        within patience: Duration
    ) async throws(DeviceEnrolmentError) -> EnrolmentAnswer {
        let noted = NotedVerifier(verifier)
        let bytes: [UInt8]
        do throws(QUICError) {
            bytes = try await EnrolmentClient.ask(
                payload,
                at: address,
                credentials: credentials,
                verifier: noted,
                patience: patience,
                loop: loop,
                clock: clock
            )
        } catch {
            throw DeviceEnrolmentError(error, noted.refusal, now: clock.wallTime)
        }
        do throws(WireError) { return try EnrolmentAnswer(wireBytes: bytes) } catch {
            throw DeviceEnrolmentError(.wrongAnswer, "the hub's answer cannot be read", cause: error)
        }
    }

    private static func issued(_ answer: EnrolmentAnswer) throws(DeviceEnrolmentError) -> IssuedIdentity {
        switch answer {
        case .issued(let identity): return identity
        case .refused(let refusal):
            throw DeviceEnrolmentError(
                refusal.code == .tokenOutOfTime ? .clock : .refused,
                refusal.message,
                cause: refusal
            )
        }
    }

    /// How long to wait for another try; nil where none will help.
    private static func pause(after error: DeviceEnrolmentError) -> Duration? {
        if let refusal = error.cause as? EnrolmentRefusal {
            return refusal.retryAfterMilliseconds.map { .milliseconds(Int64($0)) }
        }
        return error.code == .unreachable ? .milliseconds(500) : nil
    }

    /// Checks that what came fits what was asked for and lets it count.
    private func take(
        _ issued: IssuedIdentity,
        _ identity: NodeIdentity,
        _ key: PrivateKey,
        done: () -> Void = {}
    ) throws(DeviceEnrolmentError) -> Outcome {
        let now = clock.wallTime
        do throws(CertificateError) {
            let checked = try IssuedChain(issued, identity, key, now: now)
            try folder.replace(chain: checked.chain, key: key, authorities: checked.authorities)
            done()
            let credentials = try CredentialFiles(folder: folder.path).load(now: now)
            return Outcome(credentials: credentials, clockAhead: now.since(issued.wallTime))
        } catch {
            switch error.code {
            case .expired, .notYetValid:
                let ahead = now.since(issued.wallTime)
                throw DeviceEnrolmentError(
                    .clock,
                    "\(error.message); this device's clock says \(now) and the hub's \(issued.wallTime), "
                        + "\(ahead.shortText) apart: set the clock that is wrong",
                    cause: error
                )
            case .fileMissing, .fileUnusable, .fileExists, .keyExposed:
                throw DeviceEnrolmentError(.folder, error.message, cause: error)
            default:
                throw DeviceEnrolmentError(
                    .wrongAnswer,
                    "the hub's answer is not taken: \(error.message)",
                    cause: error
                )
            }
        }
    }

    private func keep<Result>(
        _ body: () throws(CertificateError) -> Result
    ) throws(DeviceEnrolmentError) -> Result {
        do throws(CertificateError) { return try body() } catch {
            throw DeviceEnrolmentError(.folder, error.message, cause: error)
        }
    }
}

/// What is asked, apart from the time.
private struct EnrolmentQuestion {
    let token: String?
    let identity: NodeIdentity
    let key: PrivateKey

    func request(at now: WallTime) throws(CertificateError) -> EnrolmentRequest {
        EnrolmentRequest(
            token: token,
            identity: identity,
            certificateRequest: try CertificateRequest(identity: identity, key: key).der,
            wallTime: now
        )
    }
}

/// What a hub has sent, checked to be of the identity, for the key, and to count now.
private struct IssuedChain {
    let chain: [Certificate]
    let authorities: [Certificate]

    init(
        _ issued: IssuedIdentity,
        _ identity: NodeIdentity,
        _ key: PrivateKey,
        now: WallTime
    ) throws(CertificateError) {
        var chain: [Certificate] = []
        for der in issued.chain { chain.append(try Certificate(der: der)) }
        var authorities: [Certificate] = []
        for der in issued.authorities { authorities.append(try Certificate(der: der)) }
        guard authorities.count <= Limits.Credentials.maximumRoots, authorities.allSatisfy(\.isAuthority) else {
            throw CertificateError(.wrongKind, "what should be authorities are none, or too many")
        }
        let verifier = try CertificateVerifier(trust: TrustAnchors(certificates: authorities.map(\.der)))
        let keyID = try CertificateRequest(identity: identity, key: key).keyID
        try verifier.check(chain, names: identity, keyID: keyID, now: now)
        self.chain = chain
        self.authorities = authorities
    }
}

extension DeviceEnrolmentError {
    /// What a connection that failed means to the holder of a device; `refusal` is why we did not believe the hub.
    fileprivate init(_ error: QUICError, _ refusal: CertificateError?, now: WallTime) {
        if let refusal {
            switch refusal.code {
            case .expired, .notYetValid:
                self.init(.clock, "\(refusal.message); this device's clock says \(now)", cause: refusal)
            default: self.init(.wrongHub, refusal.message, cause: refusal)
            }
            return
        }
        guard let reason = error.cause as? CloseReason else {
            self.init(.unreachable, "the hub was not reached: \(error.message)", cause: error)
            return
        }
        switch (reason.side, reason.kind) {
        case (.peer, .alert(120)):
            let words =
                "no enrolment is spoken there: devices without a certificate come to hub.enrolListen, which is the "
                + "port after that of edges unless the hub says otherwise"
            self.init(.unreachable, words, cause: error)
        case (.peer, .alert):
            self.init(.refused, "the hub does not take this device's certificate: \(reason.message)", cause: error)
        case (.peer, .application):
            self.init(.refused, "the hub has ended the enrolment: \(reason.message)", cause: error)
        default: self.init(.unreachable, "the hub was not reached: \(reason)", cause: error)
        }
    }
}
