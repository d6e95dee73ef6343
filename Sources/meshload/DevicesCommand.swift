internal import Glibc
internal import MeshActors
internal import MeshCertificates
internal import MeshCheck
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshIdentity
internal import MeshNode
internal import MeshProxy
internal import MeshTestKit
internal import MeshTunnel

/// Edges that enrol by a token each, renew their certificates by themselves, and book as `edges` do.
enum DevicesCommand {
    private static let to = Option<String>("to", "Where the hub is, HOST:PORT.")
    private static let enrolment = Option<String>("enrol-at", "Where it enrols, HOST:PORT.")
    private static let authority = Option<String>("authority", as: .folder, "The hub's authority, to make tokens with.")
    private static let folder = Option<String>("folder", as: .folder, "Where the devices keep what they get.")
    private static let name = Option<String>("name", default: "device", "The devices are called NAME-0, NAME-1 …")
    private static let count = Option<Int>("count", as: .within(1...1_000), default: 1, "How many devices.")
    private static let pause = Option<Int>(
        "pause",
        as: .within(0...1_000_000),
        default: 1_000,
        "Milliseconds between the bookings of one device."
    )
    private static let isLogging = Flag("log", "Log to standard error.")

    static let command = Command(
        "devices",
        summary: "Be edges that enrol, renew and book.",
        discussion: "Prints `listening`, then answers `status`, `verify` and `states` as `meshload edges` does.",
        parameters: [to, enrolment, authority, folder, name, count, pause, isLogging]
    ) { invocation in
        let loop = try EventLoop.start(name: "devices")
        let clock = MachineClock(loop: loop)
        guard let enrolmentAddress = ProxyCommand.address(invocation[enrolment]) else {
            throw invocation.usageError("an address is four numbers and a port")
        }
        var generator = SeededGenerator(seed: UInt64(getpid()) << 32 | UInt64(clock.now.nanoseconds & 0xFFFF_FFFF))
        let logger = LoadLog.logger(isOn: invocation[isLogging], clock)
        let desk = TokenDesk(AuthorityFolder(path: invocation[authority]), clock: clock)
        mkdir(invocation[folder], 0o700)
        var fleet: [BookingEdge] = []
        for index in 0..<invocation[count] {
            let name = "\(invocation[name])-\(index)"
            let folder = CredentialFolder(path: "\(invocation[folder])/\(name)")
            let enrolment = DeviceEnrolment(folder: folder, loop: loop, clock: clock)
            let token = try desk.token(for: name, &generator)
            _ = try await enrolment.enrol(token: token, name: try NodeID(name), at: enrolmentAddress)
            let hub = ConfiguredHub(try HubAddress(invocation[to]))
            var configuration = EdgeService.Configuration(credentials: folder, hubs: [hub])
            configuration.enrolmentAddress = try HubAddress(invocation[Self.enrolment])
            configuration.address = .anyIPv4(port: 0)
            configuration.kinds = [.journaled(SampleAccount.self, performer: NoTransfers(), placed: .hubs)]
            let service = try await EdgeService.open(
                configuration,
                loop: loop,
                clock: clock,
                generator: generator.split(),
                logger: logger
            )
            let pause = Duration.milliseconds(Int64(invocation[pause]))
            fleet.append(BookingEdge(service, name, pause, clock, generator.split()))
        }
        try invocation.terminal.writeLine("listening")
        await EdgesCommand.run(fleet, on: loop, invocation.terminal)
        loop.stop()
        return .success
    }
}

/// Makes enrolment tokens as `meshnode ca token` does.
private struct TokenDesk {
    private let folder: AuthorityFolder
    private let clock: MachineClock

    init(_ folder: AuthorityFolder, clock: MachineClock) {
        self.folder = folder
        self.clock = clock
    }

    func token(for name: String, _ generator: inout SeededGenerator) throws -> String {
        let claims = try EnrolmentClaims(
            tenant: try TenantID("main"),
            role: .edge,
            node: try NodeID(name),
            issued: clock.wallTime,
            life: .seconds(300),
            tokenID: UniqueID(high: generator.next(), low: generator.next()),
            authority: try folder.certificate().fingerprint
        )
        return EnrolmentToken(claims, key: try folder.tokenKey()).text
    }
}
