internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshIdentity
internal import MeshQUIC
internal import MeshTunnel

/// What the keeper of an edge's certificate needs of its tunnel.
struct EdgeRenewal: RenewalTunnel {
    let edge: Edge
    let verifier: AdmissionVerifier
    let enrolmentAddress: HubAddress?
    let resolver: any HubResolver
    let clock: any Clock
    let logger: Logger
    /// When the certificate in use ends.
    let end: Lock<WallTime>

    func renew(_ certificateRequest: [UInt8]) async throws -> EnrolmentAnswer {
        let certificates = try edge.node.actor(CertificatesActor.self, edge.name.text)
        let request = CertificatesActor.Renew(certificateRequest: certificateRequest)
        return try await certificates.call(request, deadline: clock.now + Self.patience)
    }

    /// The authorities first: the hub may show a certificate of the newer one at the next handshake.
    func use(_ credentials: NodeCredentials) async {
        do {
            try verifier.use(credentials.trust)
            try await edge.transport.use(credentials)
            end.withLock { $0 = credentials.validity.notAfter }
        } catch {
            let words = "the renewed certificate cannot be used: \(error)"
            return logger.log(.error, .renewalNotUsed, [LogField(.reason, .text(words))])
        }
        do throws(TunnelError) {
            try await edge.tunnel.renewLink()
        } catch {
            logger.log(.info, .renewalNotUsed, error: error)
            await tryAtOnce()
        }
    }

    /// The next link proves the certificate: a tunnel that failed for the sake of the one before need not wait.
    private func tryAtOnce() async {
        switch edge.tunnel.state {
        case .failed(let failure) where failure.reason != .stopped: try? await edge.tunnel.start()
        case .connecting, .reconnecting: try? await edge.tunnel.reconnectNow()
        case .connected, .disconnected, .failed: break
        }
    }

    func enrolmentAddress() async -> SocketAddress? {
        guard let enrolmentAddress else { return nil }
        return try? await enrolmentAddress.enrolmentEndpoints(by: resolver).first
    }

    private static let patience = Duration.seconds(15)
}

extension LogEvent {
    static let renewalNotUsed = LogEvent("edge.renewal-not-used")
}
