internal import MeshCore
internal import MeshGateway
internal import MeshHTTP
internal import MeshIO

/// Where a hub answers its operators: at a free port of the loopback, to whoever shows the secret of its folder.
///
/// Whoever opens it stops it.
struct OperatorSite: Sendable {
    private let server: HTTPServer
    private let folder: String

    /// Answers what `keeper` knows, and says where in `folder`.
    static func open(keeper: any KeyKeeper, folder: String, _ ground: RoleGround) async throws -> OperatorSite {
        // Of the machine's own chance: a seeded generator is no place for a secret.
        var chance = SystemRandomNumberGenerator()
        let secret = Hexadecimal.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &chance) })
        var routes = RouterBuilder(middleware: [HostCheck(names: [])])
        OperatorGateway(keeper: keeper, secret: secret).add(to: &routes)
        var configuration = ServerConfiguration()
        configuration.limits.bodyBytes = UInt64(Limits.Gateway.maximumBodyBytes)
        configuration.maximumConnections = Limits.Operators.maximumConnections
        configuration.stopping = .seconds(1)
        let server = HTTPServer(
            loops: [ground.loop],
            configuration: configuration,
            handler: routes.build(),
            observer: AccessLog(logger: ground.logger),
            clock: ground.clock,
            logger: ground.logger,
            generator: ground.generator
        )
        let address = try await server.listen(at: .loopbackIPv4(port: 0))
        let site = OperatorSite(server: server, folder: folder)
        do {
            try OperatorFile(url: "http://\(address)", secret: secret).write(into: folder)
        } catch {
            await server.stop()
            throw error
        }
        return site
    }

    /// Answers nobody any more; returns when the last answer has gone.
    func stop() async {
        OperatorFile.remove(from: folder)
        await server.stop()
    }
}
