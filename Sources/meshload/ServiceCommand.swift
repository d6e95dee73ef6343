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
internal import MeshQUIC
internal import MeshTestKit

/// A hub as `meshnode --role hub` is one, with enrolment, and accounts to book on.
enum ServiceCommand {
    private static let data = Option<String>("data", as: .folder, "The hub's folder.")
    private static let life = Option<Duration>("certificates-for", default: .seconds(86_400), "How long they count.")
    private static let listen = Option<String>("listen", default: "127.0.0.1:0", "The address to answer at.")
    private static let enrolmentListen = Option<String>("enrol-listen", default: "127.0.0.1:0", "Where to enrol.")
    private static let isLogging = Flag("log", "Log to standard error.")

    static let command = Command(
        "service",
        summary: "Be a hub with enrolment, and accounts to book on.",
        discussion: """
            Prints `listening ADDRESS ENROLMENT-ADDRESS`, then answers each line of standard input with one JSON \
            object. `status`; `revoke NODE` puts an edge out. Ends with its input.
            """,
        parameters: [data, life, listen, enrolmentListen, isLogging]
    ) { invocation in
        guard let address = ProxyCommand.address(invocation[listen]),
            let enrolmentAddress = ProxyCommand.address(invocation[enrolmentListen])
        else { throw invocation.usageError("an address is four numbers and a port") }
        let loop = try EventLoop.start(name: "hub")
        let clock = MachineClock(loop: loop)
        let identity = NodeIdentity(tenant: try TenantID("main"), role: .hub, node: try NodeID("hub-1"))
        var configuration = HubService.Configuration(
            folder: HubFolder(path: invocation[data]),
            address: address,
            enrolmentAddress: enrolmentAddress,
            grant: try NodeGrant(identity: identity, addresses: [IPAddress("127.0.0.1")].compactMap(\.self))
        )
        configuration.enrolment.certificateLife = invocation[life]
        configuration.kinds = [
            .journaled(SampleAccount.self, performer: NoTransfers(), placed: .hubs, access: .edges(.any))
        ]
        let service = try await HubService.open(
            configuration,
            loop: loop,
            clock: clock,
            generator: SeededGenerator(seed: UInt64(getpid())),
            logger: LoadLog.logger(isOn: invocation[isLogging], clock)
        )
        let running = Task { await service.run() }
        let enrolment = service.listener?.localAddress.description ?? "-"
        try invocation.terminal.writeLine("listening \(service.hub.transport.localAddress) \(enrolment)")
        while let line = readLine() {
            let words = line.split(separator: " ").map(String.init)
            if words.first == "revoke", words.count == 2 {
                try invocation.terminal.writeLine(await revoke(words[1], service, clock))
            } else {
                let statistics = await service.hub.transport.statistics()
                try invocation.terminal.writeLine(HubCommand.status(service.hub, statistics))
            }
        }
        running.cancel()
        await running.value
        loop.stop()
        return .success
    }

    private static func revoke(_ name: String, _ service: HubService, _ clock: MachineClock) async -> String {
        guard let node = try? NodeID(name), let tenant = try? TenantID("main") else { return "{}" }
        let begin = clock.now
        let identity = NodeIdentity(tenant: tenant, role: .edge, node: node)
        let isOut = (try? await service.revocations.revoke(identity, reason: "a test")) != nil
        let microseconds = Int((clock.now - begin).wholeNanoseconds / 1_000)
        return JSONLine([("revoked", isOut ? 1 : 0), ("microseconds", microseconds)]).text
    }
}
