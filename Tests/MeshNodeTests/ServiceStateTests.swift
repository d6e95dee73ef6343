import MeshCertificates
import MeshCore
import MeshIO
import MeshNode
import MeshQUIC
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A hub in a folder` {
    private static func open(_ scratch: Scratch, _ loop: EventLoop, _ sink: VolatileLogSink) async throws -> HubService
    {
        let clock = MachineClock(loop: loop)
        let identity = NodeIdentity(tenant: try TenantID("main"), role: .hub, node: try NodeID("hub-1"))
        return try await HubService.open(
            HubService.Configuration(
                folder: HubFolder(path: "\(scratch.path)/hub"),
                address: .loopbackIPv4(port: 0),
                enrolmentAddress: .loopbackIPv4(port: 0),
                grant: try NodeGrant(identity: identity, dnsNames: ["localhost"])
            ),
            loop: loop,
            clock: clock,
            generator: SeededGenerator(seed: 1),
            logger: Logger(sink: sink, clock: clock, minimumLevel: .info)
        )
    }

    @Test func `tells how it stands, and renews its certificate when it is told to`() async throws {
        let scratch = Scratch()
        let loop = try EventLoop.start(name: "hub")
        defer { loop.stop() }
        let sink = VolatileLogSink()
        let service = try await Self.open(scratch, loop, sink)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.run() }
            let state = service.state(.ready)
            #expect(state.isReady && state.isLive)
            #expect(state.checks.map(\.name) == [.storeAnswers, .storeWrites, .listenerBound, .certificateCounts])
            #expect(state.checks[2].detail.contains(service.hub.transport.localAddress.description))
            #expect(state.checks[3].detail.contains("days left"))
            #expect(!service.state(.draining).isReady)
            await service.use(certificateLife: .seconds(3_600), handshakesPerSecond: 7)
            service.renewNow()
            while !sink.records.contains(where: { $0.event.name == "hub.own-certificate-renewed" }) {
                try await MachineClock(loop: loop).sleep(for: .milliseconds(5))
            }
            group.cancelAll()
        }
    }

    @Test func `makes no second authority where the first one is gone`() async throws {
        let scratch = Scratch()
        let loop = try EventLoop.start(name: "hub")
        defer { loop.stop() }
        let folder = "\(scratch.path)/hub"
        _ = try NodeFolder.take(folder, for: .hub)
        _ = try KeyFile.readOrMake("\(folder)/hub-key.pem")
        let error = await #expect(throws: CertificateError.self) {
            _ = try await Self.open(scratch, loop, VolatileLogSink())
        }
        #expect(error?.code == .fileMissing)
        #expect(!CertificatesOnDisk.exists("\(folder)/ca"))
    }
}
