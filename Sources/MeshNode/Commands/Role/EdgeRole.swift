internal import Glibc
internal import MeshCertificates
internal import MeshCore
internal import MeshGateway
internal import MeshHTTP
internal import MeshIO
internal import MeshIdentity
internal import MeshPrivacy
internal import MeshQUIC
internal import MeshRelay
internal import MeshTelemetry
internal import MeshTunnel

/// `meshnode --role edge`.
struct EdgeRole {
    let settings: EdgeSettings
    let ground: RoleGround

    func run() async throws {
        ground.signals.letStopTake(Limits.Steward.drainPatience)
        // An edge without a certificate does nothing: no folder is made for it.
        guard access(settings.node.data, F_OK) == 0 else { throw notEnrolled }
        let folder = try ground.takeFolder(settings.node.data, for: .edge)
        let credentials = CredentialFolder(path: folder.path)
        guard credentials.isInUse else { throw notEnrolled }
        let told = Lock<EdgeService?>(nil)
        let enrolled = try identity(in: credentials)
        let chats = try settings.chat ? EdgeChats(settings.privacy, of: enrolled, in: folder.path, ground) : nil
        let site = try await openSite(chats, tenant: enrolled.tenant) { told.withLock { $0 } }
        let service: EdgeService
        do { service = try await open(credentials, chats) } catch {
            await site?.stop()
            throw error
        }
        told.withLock { $0 = service }
        var generator = ground.generator
        chats?.open(over: service.edge, generator: generator.split())
        let problem = Lock<StartError?>(nil)
        await withDiscardingTaskGroup { group in
            group.addTask { await service.run() }
            if let chats {
                group.addTask {
                    await chats.run { service.edge.hubClock.latest.map { $0.verdict != .wrong } }
                }
            }
            group.addTask { [ground] in
                if await service.desk.waitForDrain() { ground.signals.stop() }
            }
            group.addTask { [ground] in
                await ground.reload.run { configuration throws(ConfigurationError) in
                    _ = try EdgeSettings(configuration)
                    service.renewNow()
                    site?.renew(ground.logger)
                }
            }
            group.addTask { [ground] in
                guard let found = await Self.wrongClock(service, ground.clock) else { return }
                problem.withLock { $0 = found }
                ground.signals.stop()
            }
            if ground.notifier.isHeard { group.addTask { await notices(service) } }
            let name = service.edge.name.text
            await ground.ready(
                "edge '\(name)' keeps its tunnel",
                [
                    LogField(.node, .text(name)), LogField(.operatorsAddress, .text(site?.address.description ?? "-")),
                ]
            )
            await ground.signals.waitForStop()
            await ground.stopping()
            await service.drain("the edge is being stopped")
            await site?.stop()
            group.cancelAll()
        }
        withExtendedLifetime(folder) {}
        if let problem = problem.withLock({ $0 }) { throw problem }
    }

    /// Tells who has started this process how the tunnel and the beats stand.
    private func notices(_ service: EdgeService) async {
        await withDiscardingTaskGroup { group in
            group.addTask { [ground] in
                for await state in service.edge.tunnel.states {
                    ground.notifier.notice([LogField(.tunnelNotice, .text(state.phase.rawValue))])
                }
            }
            group.addTask { [ground] in
                while (try? await ground.clock.sleep(for: settings.beatInterval)) != nil {
                    guard let counts = await service.edge.beats?.statistics.beats else { return }
                    ground.notifier.notice([
                        LogField(.beatsSent, .integer(Int64(clamping: counts.sent))),
                        LogField(.beatsAcknowledged, .integer(Int64(clamping: counts.acknowledged + counts.late))),
                    ])
                }
            }
        }
    }

    private func openSite(
        _ chats: EdgeChats?,
        tenant: TenantID,
        _ service: @escaping @Sendable () -> EdgeService?
    ) async throws
        -> NodeSite?
    {
        let registry = MetricRegistry()
        EdgeMetrics.register(in: registry, startedAt: ground.clock.wallTime, clock: ground.clock) { [ground] in
            guard let service = service(), let node = await ground.nodeReading() else { return nil }
            return await service.reading(node)
        }
        let parts: [NodeState.Check.Name] = [.tunnelConnected, .certificateCounts, .clockAgrees]
        let state: @Sendable () -> NodeState = { [ground] in
            service()?.state(ground.phase.current) ?? NodeState(.starting, checks: [])
        }
        let gateway = try Gateway(ofEdge: settings, chats, tenant: tenant, service, state: state, ground)
        let content = NodeSite.Content(names: [], parts: parts, registry: registry, gateway: gateway, state: state)
        return try await NodeSite.open(settings.node.http, content, ground)
    }

    private func open(_ credentials: CredentialFolder, _ chats: EdgeChats?) async throws -> EdgeService {
        var configuration = EdgeService.Configuration(credentials: credentials, hubs: settings.hubs)
        configuration.enrolmentAddress = settings.enrolAt
        configuration.beats.interval = settings.beatInterval
        configuration.preWarm = settings.preWarm
        configuration.labels = settings.labels
        configuration.kinds = chats?.kinds ?? []
        configuration.connections.idleTimeout = settings.node.idleTimeout
        configuration.connections.allowsResumption = settings.node.resumption
        let service: EdgeService
        do {
            service = try await EdgeService.open(
                configuration,
                loop: ground.loop,
                clock: ground.clock,
                generator: ground.generator,
                logger: ground.logger
            )
        } catch {
            throw Self.advised(error)
        }
        var generator = ground.generator
        let validity = service.certificateValidity
        let renewal = CertificateRenewal(validity: validity, using: &generator)
        guard renewal.step(now: ground.clock.wallTime) != .enrolAgain else {
            await service.edge.transport.close()
            let days = CertificateRenewal.standardGrace.components.seconds / 86_400
            throw StartError(
                .certificates,
                "the certificate in '\(credentials.path)' expired on \(validity.notAfter), more than \(days) days ago: "
                    + "ask for a token, and enrol again (meshnode enrol TOKEN --hub HOST --folder \(credentials.path))"
            )
        }
        return service
    }

    /// Whom the certificate in the folder names.
    private func identity(in folder: CredentialFolder) throws -> NodeIdentity {
        do {
            return try DeviceEnrolment(folder: folder, loop: ground.loop, clock: ground.clock).load().identity
        } catch {
            throw Self.advised(error)
        }
    }

    /// What to do about a certificate whose time has not come.
    private static func advised(_ error: any Error) -> any Error {
        guard let error = error as? CertificateError, error.code == .notYetValid else { return error }
        return StartError(.clock, "set this machine's clock, and start again: \(error.message)", cause: error)
    }

    private var notEnrolled: StartError {
        let path = settings.node.data
        return StartError(
            .certificates,
            "'\(path)' holds no certificate: get one first (meshnode enrol TOKEN --hub HOST --folder \(path))"
        )
    }

    /// Watches until the edge is connected once and its first beat is acknowledged; the error where the hub's
    /// certificate, or the time that the hub says then, shows that a clock is wrong.
    ///
    /// Later that is no reason to end: an edge that worked waits until it works again, and only says so.
    private static func wrongClock(_ service: EdgeService, _ clock: any Clock) async -> StartError? {
        for await state in service.edge.tunnel.states {
            switch state {
            case .connected:
                guard let found = try? await service.edge.hubClock.firstDifference(), found.verdict == .wrong else {
                    return nil
                }
                return StartError(.clock, "set the clock that is wrong, and start again: \(found)")
            case .failed(let failure):
                guard case .notAuthenticated = failure.reason, let refusal = service.hubRefusal,
                    refusal.code == .notYetValid || refusal.code == .expired
                else { continue }
                return StartError(
                    .clock,
                    "set the clock that is wrong, this machine's (\(clock.wallTime)) or the hub's, and start again: "
                        + "the hub shows a certificate that does not count now: \(refusal.message)",
                    cause: refusal
                )
            case .disconnected, .connecting, .reconnecting: continue
            }
        }
        return nil
    }
}

extension LogKey {
    static let tunnelNotice = LogKey("tunnel_state")
    static let beatsSent = LogKey("beats_sent")
    static let beatsAcknowledged = LogKey("beats_acknowledged")
}
