internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore
internal import MeshTunnel
internal import MeshVitals

/// `meshnode --role edge`.
struct EdgeRole {
    private let configuration: EdgeService.Configuration
    private let ground: RoleGround

    init(_ invocation: Invocation, _ ground: RoleGround) throws {
        self.ground = ground
        let texts = invocation[RoleCommand.hubs]
        guard !texts.isEmpty else { throw invocation.usageError("an edge needs to know its hub (--hub HOST[:PORT])") }
        var hubs: [ConfiguredHub] = []
        for (index, text) in texts.enumerated() {
            hubs.append(ConfiguredHub(try Self.address(text, invocation), priority: UInt16(clamping: index)))
        }
        let folder = CredentialFolder(path: invocation[RoleCommand.data] ?? "meshnode-edge")
        guard folder.isInUse else {
            throw invocation.usageError(
                "'\(folder.path)' holds no certificate; get one: meshnode enrol TOKEN --hub HOST --folder FOLDER"
            )
        }
        var configuration = EdgeService.Configuration(credentials: folder, hubs: hubs)
        configuration.enrolmentAddress =
            if let text = invocation[RoleCommand.enrolment] {
                try Self.address(text, port: HubAddress.enrolmentPort, invocation)
            } else {
                HubAddress(host: hubs[0].address.host, port: hubs[0].address.port &+ 1)
            }
        if let interval = invocation[RoleCommand.beatInterval] {
            guard interval >= Limits.Heartbeat.shortestInterval, interval <= Limits.Beat.longestInterval else {
                throw invocation.usageError("an edge beats between every 100 ms and once an hour (--beat-interval)")
            }
            configuration.beats.interval = interval
        }
        self.configuration = configuration
    }

    private static func address(
        _ text: String,
        port: UInt16 = HubAddress.defaultPort,
        _ invocation: Invocation
    ) throws -> HubAddress {
        do throws(TunnelError) { return try HubAddress(text, port: port) } catch {
            throw invocation.usageError("'\(text)': \(error.message)")
        }
    }

    func run() async throws {
        let service = try await EdgeService.open(
            configuration,
            loop: ground.loop,
            clock: ground.clock,
            generator: ground.generator,
            logger: ground.logger
        )
        await withDiscardingTaskGroup { group in
            group.addTask { await service.run() }
            ground.logger.log(.info, .nodeReady, [LogField(.node, .text(service.edge.name.text))])
            await ground.signals.wait()
            ground.logger.log(.info, .nodeStopping)
            group.cancelAll()
        }
    }
}
