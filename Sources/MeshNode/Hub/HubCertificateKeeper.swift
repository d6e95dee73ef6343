internal import MeshCertificates
internal import MeshCore
internal import MeshQUIC

/// Keeps a hub's own certificate alive, and follows its authority's folder while the authority is being replaced.
///
/// The folder is read again and again, so that a rotation needs no restart: what it says counts within seconds.
struct HubCertificateKeeper: Sendable {
    let own: HubCredentials
    let admission: AdmissionVerifier
    let knocks: KnockVerifier
    let transport: QUICTransport
    let listener: EnrolmentListener?
    let clock: any Clock
    let logger: Logger

    /// What the hub has begun with.
    let first: NodeCredentials

    /// Lets it look, and give itself a fresh certificate, at once.
    let nudge: Nudge

    /// When the certificate in use ends.
    let end: Lock<WallTime>

    /// When the authority ends that signs now.
    let authorityEnd: Lock<WallTime?>

    /// Looks until the calling task is cancelled; after a failure more and more seldom, up to a minute.
    func run() async {
        var known = Known(authorities: first.trust.certificates, renewsAt: first.validity.middle)
        var failures = 0
        var isNudged = false
        while !Task.isCancelled {
            do {
                known = try await look(known, anew: isNudged)
                failures = 0
            } catch {
                failures += 1
                let error = error as? CertificateError ?? CertificateError(.libraryFailed, "\(error)")
                logger.log(.warning, .ownCertificateFailed, error: error)
            }
            let pause = Limits.Hub.authorityLookInterval * (1 << min(failures, 5))
            isNudged = await nudge.wait(pause, on: clock)
        }
    }

    /// What was found, and taken into use.
    private struct Known {
        let authorities: [[UInt8]]
        let renewsAt: WallTime
    }

    private func look(_ known: Known, anew: Bool) async throws -> Known {
        let found = try own.issuer.authorities()
        // The signer comes first in the folder.
        authorityEnd.withLock { $0 = found.first?.validity.notAfter }
        let authorities = found.map(\.der)
        if !anew, known.authorities == authorities, clock.wallTime < known.renewsAt { return known }
        let credentials = try await own.issue(now: clock.wallTime)
        // Shown is what the signer has signed, believed are all.
        try admission.use(credentials.trust)
        try knocks.use(credentials.trust)
        try await transport.use(credentials)
        try await listener?.use(try credentials.showingAuthority(now: clock.wallTime))
        end.withLock { $0 = credentials.validity.notAfter }
        if anew {
            logger.log(
                .info,
                .ownCertificateRenewed,
                [LogField(.reason, .text("counts until \(credentials.validity.notAfter)"))]
            )
        }
        if known.authorities != authorities {
            await transport.recheckPeers()
            logger.log(.info, .authoritiesChanged, [LogField(.count, .integer(Int64(authorities.count)))])
        }
        return Known(authorities: authorities, renewsAt: credentials.validity.middle)
    }
}

extension LogEvent {
    static let ownCertificateFailed = LogEvent("hub.own-certificate-failed")
    static let ownCertificateRenewed = LogEvent("hub.own-certificate-renewed")
    static let authoritiesChanged = LogEvent("hub.authorities-changed")
}

extension LogKey {
    static let count = LogKey("count")
}
