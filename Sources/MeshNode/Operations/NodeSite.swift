internal import MeshCore
internal import MeshGateway
internal import MeshHTTP
internal import MeshIO
internal import MeshTelemetry

/// What a node answers by HTTP to its operators: whether it lives and is ready, its numbers, a page that shows them.
///
/// Whoever opens it stops it.
struct NodeSite: Sendable {
    /// Where it answers.
    let address: SocketAddress
    private let server: HTTPServer
    private let identity: TLSIdentity?
    private let files: HTTPSettings.Files?

    /// What there is to tell.
    struct Content: Sendable {
        /// Host names under which it answers; addresses always count.
        let names: [String]
        /// What a node of this role needs.
        let parts: [NodeState.Check.Name]
        /// The numbers.
        let registry: MetricRegistry
        /// What it answers below `/v1`.
        let gateway: Gateway
        /// How the node stands.
        let state: @Sendable () -> NodeState
    }

    /// Answers at the address of `settings`; nil where that is nowhere.
    static func open(_ settings: HTTPSettings, _ content: Content, _ ground: RoleGround) async throws -> NodeSite? {
        guard let place = settings.listen.address else { return nil }
        let address = try await place.resolved(by: SystemResolver(clock: ground.clock))
        let reach: GatewayReach = address.isLoopback ? .thisMachine : .network
        // An address is refused where settings are read; what a name leads to is known here.
        if reach == .network, settings.files == nil {
            throw StartError(.configuration, HTTPSettings.needsCertificate(place.description))
        }
        let identity = try settings.files.map { TLSIdentity(try readable($0)) }
        let routes = router(content, ground, reach)
        let server = HTTPServer(
            loops: [ground.loop],
            configuration: configuration,
            handler: routes,
            observer: AccessLog(logger: ground.logger, routes: routes),
            clock: ground.clock,
            logger: ground.logger,
            generator: ground.generator
        )
        let bound: SocketAddress
        do { bound = try await server.listen(at: address, identity: identity) } catch {
            throw StartError(listeningAt: address, over: "TCP", "http.listen (--http-listen)", error) ?? error
        }
        let isGuarded = reach == .network || content.gateway.needsKey
        let words =
            !isGuarded
            ? "whoever runs programs on this machine is answered at \(bound) without a key"
            : content.gateway.knowsKeys
                ? "whoever shows a key is answered at \(bound); only /health and /ready need none"
                : "this node knows no keys, so that \(bound) answers /health and /ready alone"
        ground.logger.log(.info, isGuarded ? .siteGuarded : .siteLocal, [LogField(.reason, .text(words))])
        return NodeSite(address: bound, server: server, identity: identity, files: settings.files)
    }

    /// Reads the certificate again, for connections to come.
    ///
    /// One that cannot be used is said in the log, and the old one goes on.
    func renew(_ logger: Logger) {
        guard let identity, let files else { return }
        do {
            identity.use(try Self.readable(files))
        } catch {
            let words = (error as? any StructuredError)?.message ?? "http.certificate cannot be read"
            logger.log(.error, .reloadRefused, [LogField(.reason, .text(words))])
        }
    }

    /// Answers nobody any more; returns when the last answer has gone.
    func stop() async { await server.stop() }

    /// Answers are short, and an operator's program asks again.
    private static var configuration: ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.limits.bodyBytes = Gateway.bodyBytes
        configuration.stopping = .seconds(1)
        return configuration
    }

    /// The certificate of a start, which cannot do without.
    private static func readable(_ files: HTTPSettings.Files) throws -> TLSServerContext {
        do { return try context(files) } catch let error as IOError {
            let words = "http.certificate '\(files.certificate)' and http.key '\(files.key)': \(error.message)"
            throw StartError(.certificates, words, cause: error)
        }
    }

    private static func context(_ files: HTTPSettings.Files) throws -> TLSServerContext {
        let ground = ProcessGround()
        let certificates = try ground.content(of: files.certificate)
        return try ground.content(of: files.key).withUnsafeBytes { key in
            try TLSServerContext(certificates: certificates, privateKey: key)
        }
    }

    private static func router(_ content: Content, _ ground: RoleGround, _ reach: GatewayReach) -> Router {
        let metrics = AccessMetrics(registry: content.registry, clock: ground.clock)
        var routes = RouterBuilder(middleware: [metrics, HostCheck(names: content.names)])
        let checks = content.parts.map { StateCheck(part: $0, state: content.state) }
        let phase = PhaseCheck(state: content.state)
        let readers = content.gateway.readersGuard(reach)
        Operations(checks: checks + [phase], registry: content.registry, clock: ground.clock)
            .add(to: &routes, metricsBehind: [readers])
        content.gateway.add(to: &routes, reach: reach)
        routes.group(middleware: [readers]) { StaticFiles(StatusPage.files).add(to: &$0) }
        return routes.build()
    }
}

/// A part of a node's state as a check; it is well until the node has looked at it.
private struct StateCheck: ReadinessCheck {
    let part: NodeState.Check.Name
    let state: @Sendable () -> NodeState

    var name: String { part.rawValue }

    func state() async -> ReadinessState {
        guard let found = state().checks.first(where: { $0.name == part }), !found.isPassing else { return .ready }
        return .notReady(found.detail)
    }
}

/// Whether the node is done with starting, and not stopping yet.
private struct PhaseCheck: ReadinessCheck {
    let name = "phase"
    let state: @Sendable () -> NodeState

    func state() async -> ReadinessState {
        let phase = state().phase
        return phase == .ready ? .ready : .notReady(phase.rawValue)
    }
}

extension LogEvent {
    static let siteLocal = LogEvent("http.no-keys-needed")
    static let siteGuarded = LogEvent("http.keys-needed")
}

extension LogKey {
    static let operatorsAddress = LogKey("http_address")
}
