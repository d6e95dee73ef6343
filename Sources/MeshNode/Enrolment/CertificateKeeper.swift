package import MeshCore
package import MeshIO
package import MeshIdentity

/// What a keeper of certificates needs of the tunnel.
package protocol RenewalTunnel: Sendable {
    /// Sends a request for a certificate to the hub's `CertificatesActor` of this node's name, and returns the answer.
    ///
    /// Throws where there is no tunnel now; the keeper tries again.
    func renew(_ certificateRequest: [UInt8]) async throws -> EnrolmentAnswer

    /// Uses `credentials` from now on: makes a link with them before it retires the old one.
    ///
    /// Returns when they are in use, or will be at the next connection.
    func use(_ credentials: NodeCredentials) async

    /// Where the listener for enrolment is now; nil where that is not known.
    func enrolmentAddress() async -> SocketAddress?
}

/// Keeps a device's certificate alive: renews it over the tunnel in time, and comes home by the old key when it slept
/// through the end.
package struct CertificateKeeper: Sendable {
    /// Why a keeper has nothing to do any more.
    package enum End: Hashable, Sendable {
        /// The task was cancelled.
        case cancelled
        /// The hub will not renew it: the device was put out, or its key was ended. A new token is needed.
        case refused(EnrolmentRefusal)
        /// The grace period is over. A new token is needed.
        case tooLate
    }

    private let enrolment: DeviceEnrolment
    private let tunnel: any RenewalTunnel
    private let grace: Duration
    private let clock: any Clock
    private let logger: Logger

    /// A keeper of what `enrolment` holds in its folder.
    package init(
        enrolment: DeviceEnrolment,
        tunnel: any RenewalTunnel,
        grace: Duration = CertificateRenewal.standardGrace,
        clock: any Clock,
        logger: Logger
    ) {
        self.enrolment = enrolment
        self.tunnel = tunnel
        self.grace = grace
        self.clock = clock
        self.logger = logger
    }

    /// Keeps `credentials` and what follows them alive until the calling task is cancelled or nothing can be done.
    package func run(_ credentials: NodeCredentials, generator: SeededGenerator) async -> End {
        var (credentials, generator) = (credentials, generator)
        var renewal = schedule(credentials, &generator)
        while !Task.isCancelled {
            let step = renewal.step(now: clock.wallTime)
            do throws(DeviceEnrolmentError) {
                switch step {
                case .wait(let until):
                    let pause = min(until.since(clock.wallTime), CertificateRenewal.longestWait)
                    guard (try? await clock.sleep(for: max(pause, .milliseconds(1)))) != nil else { return .cancelled }
                    continue
                case .renew: credentials = try await enrolment.renew(credentials, tunnel.renew).credentials
                case .comeHome: credentials = try await comeHome(credentials)
                case .enrolAgain: return .tooLate
                }
                logger.log(.info, .renewed, [LogField(.node, .text(credentials.identity.text))])
                renewal = schedule(credentials, &generator)
                await tunnel.use(credentials)
            } catch {
                logger.log(.warning, .renewalFailed, error: error)
                let refusal = error.cause as? EnrolmentRefusal
                if let refusal, refusal.isFinal { return .refused(refusal) }
                let hint = refusal?.retryAfterMilliseconds.map { Duration.milliseconds(Int64($0)) }
                renewal.failed(now: clock.wallTime, retryAfter: hint, using: &generator)
            }
        }
        return .cancelled
    }

    private func comeHome(_ credentials: NodeCredentials) async throws(DeviceEnrolmentError) -> NodeCredentials {
        guard let address = await tunnel.enrolmentAddress() else {
            throw DeviceEnrolmentError(.unreachable, "nobody knows where the listener for enrolment is")
        }
        return try await enrolment.comeHome(credentials, at: address).credentials
    }

    private func schedule(_ credentials: NodeCredentials, _ generator: inout SeededGenerator) -> CertificateRenewal {
        CertificateRenewal(validity: credentials.validity, grace: grace, using: &generator)
    }
}

extension EnrolmentRefusal {
    /// Whether no other try with the same key will help.
    package var isFinal: Bool { [.revoked, .keyEnded, .notRegistered, .nameTaken].contains(code) }
}
