internal import MeshActors
internal import MeshCertificates
internal import MeshCore
internal import MeshIO
internal import MeshQUIC
internal import MeshTunnel
internal import MeshVitals
internal import MeshWire

/// Goes the way to a hub as an edge's tunnel goes it, step by step, and says how far it came.
struct HubReader: Sendable {
    let loop: EventLoop
    let clock: any Clock
    /// What the edge proves itself by; nil where it has nothing, or another process uses it now.
    let credentials: NodeCredentials?
    /// Why there are none.
    let reason: String

    /// All ways, side by side; as an answer for each, in their order.
    func read(_ hubs: [HubAddress]) async -> [HubFindings] {
        await withTaskGroup(of: (Int, HubFindings).self) { group in
            for (index, hub) in hubs.prefix(Limits.Doctor.hubs).enumerated() {
                group.addTask { (index, await read(hub)) }
            }
            var found: [Int: HubFindings] = [:]
            for await (index, findings) in group { found[index] = findings }
            return hubs.indices.compactMap { found[$0] }
        }
    }

    private func read(_ hub: HubAddress) async -> HubFindings {
        let (name, endpoints) = await addresses(of: hub)
        guard !endpoints.isEmpty else {
            return HubFindings(hub: "\(hub)", name: name, handshake: .notTried("the name leads to no address"))
        }
        let reach = await reach(endpoints)
        var findings = HubFindings(hub: "\(hub)", name: name, reach: reach, handshake: .notTried(reason))
        guard let reach, case .answered(_, true) = reach.outcome else {
            findings.handshake = .notTried("no hub answers")
            return findings
        }
        if let credentials { findings.handshake = await handshake(hub, reach.address, credentials) }
        return findings
    }

    // MARK: The name

    private func addresses(of hub: HubAddress) async -> (HubFindings.NameOutcome, [SocketAddress]) {
        guard case .name(let name) = hub.host else {
            guard case .address(let address) = hub.host else { return (.address, []) }
            return (.address, [SocketAddress(IPEndpoint(address: address, port: hub.port))])
        }
        let resolver = SystemResolver(clock: clock, patience: Limits.Doctor.namePatience)
        let begin = clock.now
        var places = [(host: name, port: hub.port)]
        var announcements = 0
        if hub.isAnnounced, let records = try? await resolver.services(of: name), !records.isEmpty {
            places = records.sorted { $0.priority < $1.priority }.map { ($0.host, $0.port) }
            announcements = records.count
        }
        var found: [SocketAddress] = []
        var problem: ResolverError?
        for place in places {
            do throws(ResolverError) {
                for address in try await resolver.addresses(of: place.host) {
                    found.append(SocketAddress(IPEndpoint(address: address, port: place.port)))
                }
            } catch {
                problem = error
            }
        }
        let time = clock.now - begin
        if let problem, found.isEmpty {
            let outcome: HubFindings.NameOutcome =
                problem.code == .notFound ? .notFound(problem.message) : .unanswered(problem.message, after: time)
            return (outcome, [])
        }
        return (.found(addresses: found.count, announcements: announcements, after: time), found)
    }

    // MARK: Datagrams

    /// Where they come furthest.
    private func reach(_ endpoints: [SocketAddress]) async -> HubFindings.Reach? {
        await withTaskGroup(of: (Int, HubFindings.Reach)?.self) { group in
            for (index, address) in endpoints.prefix(Limits.Tunnel.maximumAddresses).enumerated() {
                group.addTask { [clock] in
                    let outcome = await Doctor.onThread { DatagramReach.probe(address, clock: clock) }
                    return outcome.map { (index, HubFindings.Reach(address: address, outcome: $0)) }
                }
            }
            var found: [(Int, HubFindings.Reach)] = []
            for await next in group { if let next { found.append(next) } }
            // Of equally good ones the system's first.
            return found.sorted { $0.0 < $1.0 }.max { $0.1.outcome.rank < $1.1.outcome.rank }?.1
        }
    }

    // MARK: The handshake

    /// What an edge does at its start: a handshake, a hello, one beat, whose acknowledgement says the hub's time.
    private func handshake(
        _ hub: HubAddress,
        _ address: SocketAddress,
        _ credentials: NodeCredentials
    ) async -> HubFindings.Handshake {
        var configuration = QUICConfiguration()
        configuration.handshakeTimeout = Limits.Doctor.handshakePatience
        configuration.helloTimeout = Limits.Doctor.handshakePatience
        let listener = AcknowledgementListener()
        do {
            let noted = NotedVerifier(try CertificateVerifier(trust: credentials.trust))
            let transport = try await QUICTransport(
                loop: loop,
                address: address.family == .ipv4 ? .anyIPv4(port: 0) : .anyIPv6(port: 0),
                accepts: false,
                credentials: credentials,
                verifier: noted,
                software: NodeSoftware.name,
                configuration: configuration,
                clock: clock,
                observer: listener
            )
            let begin = clock.now
            let outcome: HubFindings.Handshake
            do throws(QUICError) {
                let peer = try await transport.connect(toOneOf: [address], serverName: hub.host.serverName)
                let time = clock.now - begin
                outcome = .opened(
                    peer.node,
                    after: time,
                    clock: await clockOfHub(peer.node, transport, listener, credentials)
                )
            } catch {
                outcome = Self.outcome(error, noted.refusal)
            }
            await transport.close("the doctor has seen enough")
            return outcome
        } catch {
            return .failed((error as? any StructuredError)?.message ?? "no socket can be opened")
        }
    }

    private static func outcome(_ error: QUICError, _ refusal: CertificateError?) -> HubFindings.Handshake {
        if let refusal { return .notBelieved(refusal) }
        guard let reason = error.cause as? CloseReason else { return .failed(error.message) }
        switch reason.kind {
        case .alert, .application:
            return reason.side == .peer ? .refused(reason.description) : .failed(reason.description)
        case .transport(2): return .refused(reason.description)
        case .transport, .idle, .handshakeTimeout, .statelessReset, .abandoned: return .failed(reason.description)
        }
    }

    private func clockOfHub(
        _ hub: NodeID,
        _ transport: QUICTransport,
        _ listener: AcknowledgementListener,
        _ credentials: NodeCredentials
    ) async -> ClockDifference? {
        let beat = Beat(
            device: credentials.identity.node,
            timestampMilliseconds: clock.wallTime.millisecondsSince1970,
            sequence: 1,
            interval: nil,
            vitals: Vitals()
        )
        guard await transport.send(control: Frame(type: .heartbeat, payload: beat.json), to: hub) else { return nil }
        let time = await Doctor.within(Limits.Doctor.clockPatience, clock) { try? await listener.time.wait() }
        return time.map { ClockDifference(own: clock.wallTime, hub: $0) }
    }
}

/// Waits for the acknowledgement of one beat.
private final class AcknowledgementListener: LinkObserver {
    /// The hub's time.
    let time = OneShot<WallTime>()

    func control(_ frame: Frame, from peer: LinkPeer) -> ControlAnswer {
        guard frame.type == .heartbeatAcknowledgement else { return .notKnown }
        do throws(WireError) {
            let acknowledgement = try frame.decode(as: BeatAcknowledgement.self)
            time.open(WallTime(millisecondsSince1970: acknowledgement.receivedMilliseconds))
            return .nothing
        } catch {
            return .refuse(.protocolViolation, error.message)
        }
    }
}
