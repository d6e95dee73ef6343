import MeshAPI
import MeshCore
import MeshIO
import MeshNode
import MeshTestKit
import Testing

/// A moment in 2026.
private let noon = WallTime(millisecondsSince1970: 1_795_262_400_000)

private func later(_ days: Double) -> WallTime {
    WallTime(millisecondsSince1970: noon.millisecondsSince1970 + Int64(days * 86_400_000))
}

/// Name and status of each check, in a line.
private func told(_ checks: [DoctorCheck]) -> [String] { checks.map { "\($0.name) \($0.status.rawValue)" } }

@Suite struct `The doctor's rule` {
    @Test func `of the clock fails where it is before the program, and warns where nobody keeps it`() {
        let well = ClockFindings(now: noon, built: later(-3), synchronisation: .synchronised(within: .milliseconds(2)))
        #expect(told(well.checks) == ["clock ok", "clock.synchronised ok"])
        let behind = ClockFindings(now: noon, built: later(1.5), synchronisation: .unsynchronised)
        #expect(told(behind.checks) == ["clock failure", "clock.synchronised warning"])
        #expect(behind.checks[0].detail.contains("so the clock is behind"))
        // A machine that is a few hours behind the one that built it.
        let other = ClockFindings(now: noon, built: later(0.5), synchronisation: .unknown("Operation not permitted"))
        #expect(told(other.checks) == ["clock ok", "clock.synchronised skipped"])
        #expect(told(ClockFindings(now: noon, built: nil, synchronisation: .unsynchronised).checks)[0] == "clock ok")
    }

    @Test func `of the folder takes its own lock, and another's, for what they are`() {
        func checks(_ condition: FolderFindings.Condition, _ role: NodeRole = .hub) -> [DoctorCheck] {
            FolderFindings(path: "/data", role: role, condition: condition).checks(own: 7)
        }
        #expect(checks(.free)[0].detail.contains("nobody has it"))
        #expect(
            checks(.held(by: 7))[0] == DoctorCheck("folder", .ok, "'/data' is a hub's, and this process runs on it")
        )
        #expect(checks(.held(by: 8))[0].detail.contains("process 8 runs on it"))
        #expect(checks(.held(by: nil), .edge)[0].detail.contains("an edge's, and another process"))
        #expect(told(checks(.missing(problem: nil))) == ["folder ok"])
        #expect(told(checks(.missing(problem: "'/': Permission denied"))) == ["folder failure"])
        let other = NodeFolderError(.otherVersion, "made by a newer meshnode")
        #expect(checks(.unusable(other))[0] == DoctorCheck("folder", .failure, "made by a newer meshnode"))
    }

    @Test(
        arguments: [
            ("ext4", 50 << 30, 2, ["disk.space ok", "disk.sync ok", "disk.kind ok"]),
            ("tmpfs", 50 << 30, 2, ["disk.space ok", "disk.sync ok", "disk.kind warning"]),
            ("overlay", 512 << 20, 80, ["disk.space warning", "disk.sync warning", "disk.kind warning"]),
            ("nfs4", 1 << 20, 2, ["disk.space failure", "disk.sync ok", "disk.kind warning"]),
            ("fuse.sshfs", 50 << 30, 2, ["disk.space ok", "disk.sync ok", "disk.kind warning"]),
        ] as [(String, UInt64, Int64, [String])]
    )
    func `of the disk looks at room, syncs and the kind`(kind: String, free: UInt64, sync: Int64, expected: [String]) {
        let times = [Duration.milliseconds(sync), .milliseconds(sync), .seconds(3)]
        let findings = DiskFindings(path: "/data", role: .hub, availableBytes: free, kind: kind, syncs: .took(times))
        #expect(told(findings.checks) == expected)
    }

    @Test func `of the disk forgives an edge a slow one, and nobody one that cannot be written to`() {
        var findings = DiskFindings(
            path: "/data",
            role: .edge,
            availableBytes: 1 << 40,
            kind: "ext4",
            syncs: .took([.milliseconds(80)])
        )
        #expect(told(findings.checks)[1] == "disk.sync ok")
        findings.syncs = .failed("Read-only file system")
        #expect(findings.checks[1].status == .failure)
        #expect(findings.checks[1].detail.contains("Read-only file system"))
        findings.syncs = .notTried
        findings.availableBytes = nil
        findings.kind = nil
        #expect(findings.checks.allSatisfy { $0.status == .skipped })
    }

    @Test func `of limits asks more of hubs than of edges`() {
        let small = LimitFindings.Buffers(receiveBytes: 212_992, sendBytes: 212_992)
        func statuses(_ role: NodeRole) -> [DoctorCheck.Status] {
            LimitFindings(role: role, openFiles: 512, availableMemoryBytes: 128 << 20, buffers: small).checks.map(
                \.status
            )
        }
        #expect(statuses(.hub) == [.warning, .warning, .warning])
        #expect(statuses(.edge) == [.ok, .ok, .ok])
        let nothing = LimitFindings(role: .hub, openFiles: nil, availableMemoryBytes: nil, buffers: nil)
        #expect(nothing.checks.allSatisfy { $0.status == .skipped })
        let advice = LimitFindings(role: .hub, openFiles: .max, availableMemoryBytes: .max, buffers: small).checks[2]
            .advice
        #expect(advice?.contains("net.core.rmem_max=4194304") == true)
    }

    @Test func `of the kernel needs UDP, and misses GSO and GRO`() {
        func check(_ socket: KernelFindings.Socket?) -> DoctorCheck {
            KernelFindings(release: "Linux 4.4", socket: socket, hasIPv6: false).checks[0]
        }
        #expect(check(nil).status == .failure)
        let old = KernelFindings.Socket(isSegmenting: false, isJoining: false, receiveBytes: 1, sendBytes: 1)
        #expect(check(old).detail == "Linux 4.4: UDP without GSO and GRO")
        let new = KernelFindings.Socket(isSegmenting: true, isJoining: true, receiveBytes: 1, sendBytes: 1)
        #expect(check(new).status == .ok)
    }

    @Test func `of ports takes the hub's own for no fault`() {
        let address = SocketAddress.loopbackIPv4(port: 7411)
        func check(_ condition: PortFindings.Condition) -> DoctorCheck {
            PortFindings(setting: "hub.listen", kind: .udp, address: address, condition: condition).check(
                node: 9,
                own: 7
            )
        }
        #expect(check(.free).status == .ok)
        #expect(check(.held(by: PortFindings.Holder(process: 9, name: "meshnode"))).status == .ok)
        #expect(check(.held(by: PortFindings.Holder(process: 7, name: "meshnode"))).detail.contains("this process"))
        let other = check(.held(by: PortFindings.Holder(process: 11, name: "dnsmasq")))
        #expect(other.status == .failure && other.detail == "process 11 (dnsmasq) listens at 127.0.0.1:7411 (UDP)")
        #expect(check(.held(by: nil)).detail.contains("another user's process"))
        #expect(check(.refused(99)).detail.contains("no address of this machine"))
        #expect(check(.refused(13)).advice?.contains("above 1023") == true)
        #expect(check(.refused(5)).status == .failure)
        #expect(check(.unknownName).status == .failure)
    }

    @Test func `of certificates counts what is left, and knows a clock that is behind`() {
        func check(_ from: Double, _ until: Double) -> DoctorCheck {
            let validity = ValidityPeriod(notBefore: later(from), notAfter: later(until))
            let item = CertificateFindings.Item("certificate", "it", .whole(validity, renewal: "Renew it"))
            return CertificateFindings(now: noon, items: [item]).checks[0]
        }
        #expect(check(-1, 89) == DoctorCheck("certificate", .ok, "it counts for another 89 days, until \(later(89))"))
        #expect(check(-80, 10).status == .warning)
        #expect(check(-80, 10).advice == "Renew it")
        #expect(check(-90, 0.5).detail.contains("another 12h"))
        #expect(check(-90, -1).status == .failure)
        #expect(check(1, 90).advice == "Set this machine's clock, or wait")
        let missing = CertificateFindings.Item("certificate", "it", .missing(advice: "Enrol"))
        let broken = CertificateFindings.Item("certificate", "it", .unusable(CertificateError(.keyExposed, "mode 644")))
        let checks = CertificateFindings(now: noon, items: [missing, broken]).checks
        #expect(checks.map(\.status) == [.failure, .failure])
        #expect(checks[1].detail == "it: mode 644")
    }
}

@Suite struct `The doctor's rule of the way to a hub` {
    private let address = SocketAddress.loopbackIPv4(port: 7411)

    private func way(
        _ outcome: DatagramReach?,
        _ handshake: HubFindings.Handshake,
        name: HubFindings.NameOutcome = .address
    ) -> HubFindings {
        let reach = outcome.map { HubFindings.Reach(address: address, outcome: $0) }
        return HubFindings(hub: "hub-1", name: name, reach: reach, handshake: handshake)
    }

    @Test(
        arguments: [
            (.closed, "nobody listens at 127.0.0.1:7411"), (.silent, "nothing comes back from 127.0.0.1:7411"),
            (.foreign, "something else than a hub"), (.noRoute("Network is unreachable"), "there is no way to"),
            (.forbidden("Operation not permitted"), "does not let datagrams go"),
            (.answered(after: .milliseconds(1), isSpokenHere: false), "not of version 1"),
        ] as [(DatagramReach, String)]
    )
    func `says how far datagrams come`(reach: DatagramReach, words: String) {
        let checks = way(reach, .notTried("no hub answers")).checks
        #expect(told(checks) == ["hub.name ok", "hub.datagrams failure", "hub.handshake skipped", "clock.hub skipped"])
        #expect(checks[1].detail.contains(words), "\(checks[1].detail)")
        #expect(checks[1].advice != nil)
    }

    @Test func `says which step of a handshake fails`() throws {
        let answered = DatagramReach.answered(after: .milliseconds(1), isSpokenHere: true)
        func check(_ handshake: HubFindings.Handshake) -> DoctorCheck { way(answered, handshake).checks[2] }
        let clock = check(.notBelieved(CertificateError(.notYetValid, "counts from tomorrow")))
        #expect(clock.status == .failure && clock.advice?.hasPrefix("Set the clock that is wrong") == true)
        #expect(
            check(.notBelieved(CertificateError(.unknownAuthority, "of another"))).advice?.contains("enrol") == true
        )
        #expect(check(.refused("peer: revoked")).detail == "the hub refuses this edge: peer: revoked")
        #expect(check(.failed("too long")).advice?.contains("MTU") == true)
        let node = try NodeID("hub-1")
        #expect(check(.opened(node, after: .milliseconds(7), clock: nil)).status == .ok)
    }

    @Test func `compares clocks`() throws {
        let node = try NodeID("hub-1")
        func check(_ days: Double) -> DoctorCheck {
            let clock = ClockDifference(own: later(days), hub: noon)
            let answered = DatagramReach.answered(after: .milliseconds(1), isSpokenHere: true)
            return way(answered, .opened(node, after: .milliseconds(7), clock: clock)).checks[3]
        }
        #expect(check(0).status == .ok)
        #expect(check(0.01).status == .warning)
        #expect(check(1).status == .failure)
        #expect(check(-1).detail.contains("is 24h behind the hub's"))
    }

    @Test func `asks for names, and says who has not answered`() {
        func check(_ name: HubFindings.NameOutcome) -> DoctorCheck { way(nil, .notTried(""), name: name).checks[0] }
        #expect(
            check(.found(addresses: 1, announcements: 0, after: .milliseconds(3))).detail.contains("1 address, after")
        )
        #expect(check(.found(addresses: 4, announcements: 2, after: .seconds(3))).status == .warning)
        #expect(check(.notFound("no such name")).advice?.contains("spelling") == true)
        #expect(check(.unanswered("silent", after: .seconds(2))).advice?.contains("name servers") == true)
    }

    @Test func `fails for no hub where another one takes the edge`() throws {
        let answered = DatagramReach.answered(after: .milliseconds(1), isSpokenHere: true)
        let wrong = ClockDifference(own: later(1), hub: noon)
        let good = way(answered, .opened(try NodeID("hub-1"), after: .milliseconds(7), clock: wrong))
        let silent = way(.silent, .notTried("no hub answers"))
        #expect(HubFindings.checks(of: [silent]).contains { $0.status == .failure })
        let both = HubFindings.checks(of: [silent, good])
        #expect(both[1].status == .warning)
        // What the hub that takes it shows is no less true.
        #expect(both.filter { $0.status == .failure }.map(\.name) == ["clock.hub"])
    }
}
