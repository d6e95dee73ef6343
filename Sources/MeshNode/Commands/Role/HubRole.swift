internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// `meshnode --role hub`.
struct HubRole {
    private let configuration: HubService.Configuration
    private let ground: RoleGround

    init(_ invocation: Invocation, _ ground: RoleGround) throws {
        self.ground = ground
        let address = try Self.address(invocation[RoleCommand.listen], "--listen", invocation)
        let enrolment: SocketAddress =
            if let text = invocation[RoleCommand.enrolmentListen] {
                try Self.address(text, "--enrol-listen", invocation)
            } else {
                address.with(port: address.port == 0 ? 0 : address.port &+ 1)
            }
        let identity = NodeIdentity(
            tenant: try invocation[RoleCommand.tenant] ?? TenantID("main"),
            role: .hub,
            node: try invocation[RoleCommand.name] ?? NodeID("hub-1")
        )
        let folder = HubFolder(path: invocation[RoleCommand.data] ?? "meshnode-hub")
        var configuration = HubService.Configuration(
            folder: folder,
            address: address,
            enrolmentAddress: enrolment,
            grant: try Self.grant(identity, invocation)
        )
        if let life = invocation[RoleCommand.life] { configuration.enrolment.certificateLife = life.duration }
        if let command = invocation[RoleCommand.issuer] {
            let authorities = folder.authority.certificatePath
            configuration.issuer = try CommandIssuer(["/bin/sh", "-c", command], authorities: authorities)
        }
        self.configuration = configuration
    }

    /// Names under which the hub answers: those that were given, and on the loopback the machine's own.
    private static func grant(_ identity: NodeIdentity, _ invocation: Invocation) throws -> NodeGrant {
        var addresses: [IPAddress] = []
        for text in invocation[RoleCommand.addresses] + ["127.0.0.1", "::1"] {
            guard let address = IPAddress(text) else { throw invocation.usageError("'\(text)' is no address (--ip)") }
            if !addresses.contains(address) { addresses.append(address) }
        }
        let names = invocation[RoleCommand.dns]
        return try NodeGrant(
            identity: identity,
            dnsNames: names.contains("localhost") ? names : names + ["localhost"],
            addresses: addresses
        )
    }

    private static func address(_ text: String, _ option: String, _ invocation: Invocation) throws -> SocketAddress {
        do throws(IOError) { return try SocketAddress(text) } catch {
            throw invocation.usageError("\(option) '\(text)': \(error.message)")
        }
    }

    func run() async throws {
        let service = try await HubService.open(
            configuration,
            loop: ground.loop,
            clock: ground.clock,
            generator: ground.generator,
            logger: ground.logger
        )
        if service.hasMadeAuthority {
            let words = "made the authority of a new mesh in '\(configuration.folder.path)/ca': keep a copy of it safe"
            ground.logger.log(.info, .authorityMade, [LogField(.reason, .text(words))])
        }
        await withDiscardingTaskGroup { group in
            group.addTask { await service.run() }
            report(service)
            await ground.signals.wait()
            ground.logger.log(.info, .nodeStopping)
            await service.hub.drain("the hub is being stopped", patience: .seconds(10))
            group.cancelAll()
        }
    }

    private func report(_ service: HubService) {
        ground.logger.log(
            .info,
            .nodeReady,
            [
                LogField(.node, .text(configuration.grant.identity.text)),
                LogField(.address, .text(service.hub.transport.localAddress.description)),
                LogField(.enrolmentAddress, .text(service.listener?.localAddress.description ?? "-")),
            ]
        )
    }
}

extension LogEvent {
    static let authorityMade = LogEvent("hub.authority-made")
    static let nodeReady = LogEvent("node.ready")
    static let nodeStopping = LogEvent("node.stopping")
}

extension LogKey {
    static let enrolmentAddress = LogKey("enrolment_address")
}
