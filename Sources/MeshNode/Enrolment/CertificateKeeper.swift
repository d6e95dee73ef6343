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
    private let enrolment: DeviceEnrolment
    private let tunnel: any RenewalTunnel
    private let grace: Duration
    private let lookInterval: Duration
    private let clock: any Clock
    private let logger: Logger
    private let nudge: Nudge
    private let end: Lock<WallTime>?
    private let orders: RenewalOrders

    /// A keeper of what `enrolment` holds in its folder, which looks there at once when nudged.
    ///
    /// Where `orders` say so, which nudge it too, it renews at once. In `end` stands when the certificate in use ends,
    /// for whoever asks without reading the folder.
    package init(
        enrolment: DeviceEnrolment,
        tunnel: any RenewalTunnel,
        grace: Duration = CertificateRenewal.standardGrace,
        lookInterval: Duration = Limits.DeviceEnrolment.lookInterval,
        clock: any Clock,
        logger: Logger,
        nudge: Nudge = Nudge(),
        orders: RenewalOrders? = nil,
        end: Lock<WallTime>? = nil
    ) {
        self.enrolment = enrolment
        self.tunnel = tunnel
        self.grace = grace
        self.lookInterval = lookInterval
        self.clock = clock
        self.logger = logger
        self.nudge = nudge
        self.end = end
        self.orders = orders ?? RenewalOrders(nudge: nudge)
    }

    /// Keeps `credentials` and what follows them alive until the calling task is cancelled.
    ///
    /// It never gives up: clocks step, operators change their minds, and `meshnode enrol` may write another certificate
    /// to the folder, which is taken from there.
    package func run(_ credentials: NodeCredentials, generator: SeededGenerator) async {
        var (credentials, generator) = (credentials, generator)
        var renewal = schedule(credentials, &generator)
        // After a refusal that another try would not change.
        var rest = clock.now
        var isTooLate = false
        while !Task.isCancelled {
            if let newer = newer(than: credentials) {
                credentials = newer
                (renewal, rest) = (schedule(credentials, &generator), clock.now)
                logger.log(.info, .foundInFolder, [LogField(.node, .text(credentials.identity.text))])
                await use(credentials)
                continue
            }
            let step = renewal.step(now: clock.wallTime)
            if step == .enrolAgain, !isTooLate {
                let words = "the certificate ended too long ago; a new enrolment token is needed"
                logger.log(.error, .certificateEnds, [LogField(.reason, .text(words))])
            }
            isTooLate = step == .enrolAgain
            let isOrdered = orders.isWaiting
            if isOrdered, isTooLate {
                orders.answer(.failure(StewardRefusal("the certificate ended too long ago: a new token is needed")))
                continue
            }
            if !isOrdered, let pause = pause(before: step, rest) {
                _ = await nudge.wait(pause, on: clock)
                continue
            }
            // A trace for each try: by it the lines of the hub are found that say what became of it there.
            let trace = TraceContext(at: clock.wallTime, using: &generator)
            let former = credentials
            switch await TraceContext.$current.withValue(trace, operation: { await follow(former, step) }) {
            case .success(let newer):
                credentials = newer
                renewal = schedule(credentials, &generator)
                orders.answer(.success(credentials.validity.notAfter))
            case .failure(let error):
                if isOrdered { orders.answer(.failure(StewardRefusal("it gets no certificate: \(error.message)"))) }
                let refusal = error.cause as? EnrolmentRefusal
                if let refusal, refusal.isFinal { rest = clock.now + CertificateRenewal.longestWait }
                let hint = refusal?.retryAfterMilliseconds.map { Duration.milliseconds(Int64($0)) }
                renewal.failed(now: clock.wallTime, retryAfter: hint, using: &generator)
            }
        }
    }

    /// Gets the certificate that follows `credentials` and has it used, and writes to the log what came of it.
    private func follow(
        _ credentials: NodeCredentials,
        _ step: CertificateRenewal.Step
    ) async -> Result<NodeCredentials, DeviceEnrolmentError> {
        do throws(DeviceEnrolmentError) {
            let outcome =
                step == .comeHome
                ? try await comeHome(credentials) : try await enrolment.renew(credentials, tunnel.renew)
            warnOfClocks(outcome.clockAhead)
            logger.log(.info, .renewed, [LogField(.node, .text(outcome.credentials.identity.text))])
            await use(outcome.credentials)
            return .success(outcome.credentials)
        } catch {
            logger.log(.warning, .renewalFailed, error: error)
            if let refusal = error.cause as? EnrolmentRefusal, refusal.isFinal {
                logger.log(.error, .certificateEnds, [LogField(.reason, .text(refusal.message))])
            }
            return .failure(error)
        }
    }

    private func use(_ credentials: NodeCredentials) async {
        end?.withLock { $0 = credentials.validity.notAfter }
        await tunnel.use(credentials)
    }

    /// How long to sleep before looking again; nil where it is time to ask.
    private func pause(before step: CertificateRenewal.Step, _ rest: Instant) -> Duration? {
        let pause: Duration
        switch step {
        case .wait(let until): pause = until.since(clock.wallTime)
        case .enrolAgain: pause = CertificateRenewal.longestWait
        case .renew, .comeHome:
            guard clock.now < rest else { return nil }
            pause = rest - clock.now
        }
        return min(max(pause, .milliseconds(1)), lookInterval)
    }

    /// What somebody else has written to the folder since `current`; nil where nobody has.
    private func newer(than current: NodeCredentials) -> NodeCredentials? {
        guard let found = try? enrolment.load(), found.chain != current.chain, found.identity == current.identity,
            found.validity.notBefore >= current.validity.notBefore
        else { return nil }
        return found
    }

    /// A clock that is far off is no harm yet; a certificate that does not count by it would be.
    private func warnOfClocks(_ ahead: Duration) {
        guard abs(ahead.components.seconds) > Limits.Enrolment.toleratedSkew.components.seconds else { return }
        let words = "this machine's clock is \(ahead.shortText) ahead of the hub's: set the one that is wrong"
        logger.log(.warning, .clocksApart, [LogField(.reason, .text(words))])
    }

    private func comeHome(
        _ credentials: NodeCredentials
    ) async throws(DeviceEnrolmentError) -> DeviceEnrolment.Outcome {
        guard let address = await tunnel.enrolmentAddress() else {
            throw DeviceEnrolmentError(.unreachable, "nobody knows where the listener for enrolment is")
        }
        return try await enrolment.comeHome(credentials, at: address)
    }

    private func schedule(_ credentials: NodeCredentials, _ generator: inout SeededGenerator) -> CertificateRenewal {
        CertificateRenewal(validity: credentials.validity, grace: grace, using: &generator)
    }
}

extension EnrolmentRefusal {
    /// Whether another try with the same key is of no use for long.
    ///
    /// A key that has ended is none of these: the link that shows it is cut, and the next one may show a newer one.
    package var isFinal: Bool { [.revoked, .notRegistered, .nameTaken].contains(code) }
}

extension LogEvent {
    static let certificateEnds = LogEvent("edge.certificate-ends")
    static let clocksApart = LogEvent("edge.clocks-apart")
    static let foundInFolder = LogEvent("enrolment.found-in-folder")
}
