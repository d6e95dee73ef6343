import Glibc
import MeshAPI
import MeshCore
import MeshIO
import MeshJSON
import MeshNode
import MeshTestKit
import Testing

@Suite struct `A probe of versions` {
    private let probe = VersionProbe(destination: [1, 2, 3, 4, 5, 6, 7, 8], source: [9, 10, 11, 12, 13, 14, 15, 16])

    @Test func `is long enough to be answered, and of no version`() {
        #expect(probe.packet.count == 1_200)
        #expect(probe.packet.prefix(6) == [0xC0, 0x5A, 0x6A, 0x7A, 0x8A, 8])
    }

    @Test func `knows an answer by its ids, and nothing else`() {
        let head: [UInt8] = [0xA7, 0, 0, 0, 0, 8, 9, 10, 11, 12, 13, 14, 15, 16, 8, 1, 2, 3, 4, 5, 6, 7, 8]
        let versions: [UInt8] = [0x1A, 0x2A, 0x3A, 0x4A, 0, 0, 0, 1]
        #expect(probe.answer(head + versions) == .versions([0x1A2A_3A4A, VersionProbe.version1]))
        #expect(probe.answer(head) == .foreign)
        #expect(probe.answer(head + versions.dropLast()) == .foreign)
        #expect(probe.answer([0x27] + head.dropFirst() + versions) == .foreign)
        #expect(probe.answer(probe.packet) == .foreign)
        #expect(probe.answer([]) == .foreign)
        var turned = head + versions
        turned[6] = 0
        #expect(probe.answer(turned) == .foreign)
    }
}

@Suite struct `A table of the kernel` {
    @Test func `says which sockets have a port`() {
        let (six, none) = ("00000000000000000000000001000000", "00000000000000000000000000000000")
        let udp = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref
             4711: 0100007F:1CF3 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 13317 2
             4712: \(six):1CF4 \(none):0000 07 00000000:00000000 00:00000000 00000000 0 0 13318 2 0 0
            """
        #expect(SocketTable.inodes(in: Array(udp.utf8), port: 7411, isListening: false) == [13_317])
        #expect(SocketTable.inodes(in: Array(udp.utf8), port: 7412, isListening: false) == [13_318])
        // Of TCP a connection from the port is nobody who listens there.
        #expect(SocketTable.inodes(in: Array(udp.utf8), port: 7411, isListening: true).isEmpty)
        #expect(SocketTable.inodes(in: [0xFF, 0x20, 0x3A], port: 7411, isListening: false).isEmpty)
    }

    @Test func `says what is mounted where`() {
        let table = MountTable(
            """
            22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/vda rw
            23 22 0:21 / /run rw,nosuid - tmpfs tmpfs rw,size=1k
            24 22 0:22 / /mnt/two\\040words rw shared:3 master:1 - nfs4 server:/x rw
            25 22 0:23 / /run rw - ramfs none rw
            spoiled
            26 22 0:24 / /short rw -
            """
        )
        #expect(table.kind(at: "/var/lib") == "ext4")
        #expect(table.kind(at: "/run/mesh") == "ramfs")
        #expect(table.kind(at: "/running") == "ext4")
        #expect(table.kind(at: "/mnt/two words/node") == "nfs4")
        #expect(MountTable("").kind(at: "/") == nil)
    }
}

@Suite struct `A report of the doctor` {
    private let report = DoctorDocument(checks: [
        DoctorCheck("clock", .ok, "noon"),
        DoctorCheck("hub.name", .failure, "nobody answers, whatever is asked, for a long while", advice: "See to it"),
        DoctorCheck("disk", .skipped, "not \u{1B}[31m tried"),
    ])

    @Test func `is aligned, wrapped and free of control characters`() {
        let expected = """
            ✓ clock     noon
            ✗ hub.name  nobody answers, whatever is
                        asked, for a long while
                          → See to it
            - disk      not \\u{1B}[31m tried

            1 failure, 1 well, 1 not looked at

            """
        #expect(report.text(width: 40) == expected)
        #expect(report.text(width: 40, isColoured: true).hasPrefix("\u{1B}[32m✓\u{1B}[0m clock"))
        #expect(!report.isWell)
        #expect(DoctorDocument(checks: [DoctorCheck("clock", .warning, "late")]).isWell)
    }

    @Test func `has exactly the fields that programs read`() {
        let text = JSONWriter.text(of: DoctorDocument(checks: [DoctorCheck("a", .warning, "b", advice: "c")]).json)
        #expect(text == #"{"checks":[{"name":"a","status":"warning","detail":"b","advice":"c"}]}"#)
        #expect(report.json["checks"]?.array?[0]["advice"] == .some(.null))
    }
}

@Suite(.timeLimit(.minutes(1))) struct `The doctor` {
    @Test func `finds a running hub's own lock and ports in order`() async throws {
        let scratch = Scratch()
        let loop = try EventLoop.start(name: "doctor")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let folder = try NodeFolder.take("\(scratch.path)/hub", for: .hub)
        let socket = try await Self.socket(on: loop)
        let flags = [
            "role": ["hub"], "data": [folder.path], "hub.listen": ["\(socket.localAddress)"], "http.listen": ["off"],
            "hub.enrolListen": ["off"],
        ]
        let configuration = try #require(try loaded(flags))
        let life = DoctorSubject.Life(state: NodeState(.ready, checks: []))
        let checks = await Doctor.examine(DoctorSubject(configuration, life: life), on: loop, clock: clock)
        #expect(!checks.contains { $0.status == .failure }, "\(checks.filter { $0.status == .failure })")
        #expect(checks.first { $0.name == "folder" }?.detail.contains("this process runs on it") == true)
        #expect(checks.first { $0.name == "ports.hub.listen" }?.detail.contains("this process listens") == true)
        let sync = try #require(checks.first { $0.name == "disk.sync" })
        #expect(sync.detail.contains("(median of \(Limits.Doctor.syncs))"))
        #expect(Self.names(in: folder.path) == ["format", "lock"])
        try await loop.run { socket.close() }
        withExtendedLifetime(folder) {}
    }

    @Test func `says of a running edge what it knows of its hub, and dials nobody`() async throws {
        let loop = try EventLoop.start(name: "doctor")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let flags = ["role": ["edge"], "edge.hubs": ["127.0.0.1:9"], "data": ["/nowhere/edge"]]
        let tunnel = NodeState.Check(.tunnelConnected, .readiness, isPassing: false, "reconnecting")
        let hub = WallTime(millisecondsSince1970: clock.wallTime.millisecondsSince1970 + 86_400_000)
        let life = DoctorSubject.Life(
            state: NodeState(.ready, checks: [tunnel]),
            clock: ClockDifference(own: clock.wallTime, hub: hub)
        )
        let subject = DoctorSubject(try #require(try loaded(flags)), life: life)
        let checks = await Doctor.examine(subject, on: loop, clock: clock)
        #expect(checks.first { $0.name == "hub.tunnel" }?.detail == "the tunnel is reconnecting")
        #expect(checks.first { $0.name == "clock.hub" }?.status == .failure)
        #expect(!checks.contains { $0.name == "hub.datagrams" })
    }

    @Test func `tries so many hubs, and no more`() async throws {
        let loop = try EventLoop.start(name: "doctor")
        defer { loop.stop() }
        let hubs = (0...Limits.Doctor.hubs).map { "127.0.0.\($0 + 1):9" }
        let configuration = try #require(try loaded(["role": ["edge"], "edge.hubs": hubs]))
        let checks = await Doctor.examine(DoctorSubject(configuration), on: loop, clock: MachineClock(loop: loop))
        #expect(checks.count { $0.name == "hub.datagrams" } == Limits.Doctor.hubs)
    }

    @Test func `hears at once of a port that nobody has, and waits for a silent one so long`() async throws {
        let loop = try EventLoop.start(name: "doctor")
        defer { loop.stop() }
        let clock = MachineClock(loop: loop)
        let silent = try await Self.socket(on: loop)
        let begun = clock.now
        #expect(await !DatagramReach.isClosed(silent.localAddress, clock: clock))
        #expect(clock.now - begun >= Limits.DeviceEnrolment.probePatience)
        let address = silent.localAddress
        try await loop.run { silent.close() }
        #expect(await DatagramReach.isClosed(address, clock: clock))
    }

    @Test func `looks at the machine where the configuration is wrong, and tells of so many mistakes`() async throws {
        let keys = (0...Limits.Doctor.mistakes).map { "wrong\($0): 1" }.joined(separator: ", ")
        let error = #expect(throws: ConfigurationError.self) { _ = try loaded(file: "{ \(keys) }") }
        let subject = DoctorSubject(.wrong(try #require(error)), file: "node.json5")
        #expect(subject.configurationChecks.count == Limits.Doctor.mistakes)
        let loop = try EventLoop.start(name: "doctor")
        defer { loop.stop() }
        let checks = await Doctor.examine(subject, on: loop, clock: MachineClock(loop: loop))
        #expect(checks.contains { $0.name == "kernel" })
        #expect(!DoctorDocument(checks: checks).isWell)
    }

    @Test func `ends within ten seconds, whatever hangs, and has time for each step of a way`() {
        #expect(Limits.Doctor.folderPatience + Limits.Doctor.patience <= .seconds(10))
        let probes: Duration = Limits.Doctor.probePauses.reduce(.zero, +)
        // Announcements and addresses that come late, or not at all.
        let names: Duration = Limits.Doctor.namePatience * 2
        #expect(names + probes < Limits.Doctor.patience)
        // A handshake and a hello that take as long as they may, a beat that is lost.
        let greeting: Duration = Limits.Doctor.handshakePatience * 2
        #expect(names + greeting + Limits.Doctor.clockPatience < Limits.Doctor.patience)
    }

    private static func socket(on loop: EventLoop) async throws -> HeldSocket {
        try await loop.run { try HeldSocket(UDPSocket(loop: loop, address: .loopbackIPv4(port: 0))) }
    }

    private static func names(in folder: String) -> [String] { RepositoryFile.names(in: folder) }
}

/// A socket that belongs to a loop, on which alone it is closed.
private final class HeldSocket: @unchecked Sendable {
    private let socket: UDPSocket
    let localAddress: SocketAddress

    init(_ socket: UDPSocket) {
        self.socket = socket
        localAddress = socket.localAddress
    }

    func close() { socket.close() }
}
