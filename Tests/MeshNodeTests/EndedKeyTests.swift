import MeshActors
import MeshCertificates
import MeshCore
import MeshIO
import MeshIdentity
import MeshNode
import MeshTestKit
import Testing

/// What becomes of links when the keys that they were opened with have ended.
@Suite(.timeLimit(.minutes(2))) struct `A key that has ended` {
    private static func renew(_ ground: EnrolmentGround) async throws -> EnrolmentAnswer {
        let request = try CertificateRequest(identity: EnrolmentGround.identity(), key: KeyFile.make()).der
        let actor = try ground.node.actor(CertificatesActor.self, "laptop-7")
        return try await actor.call(CertificatesActor.Renew(certificateRequest: request))
    }

    /// What the first and the second certificate of one device say; both count.
    private static func twoKeys(_ ground: EnrolmentGround) async throws -> (PeerCertificate, PeerCertificate) {
        let first = try ground.knock(try await ground.enrol(by: try ground.token()))
        let token = try ground.token(node: "laptop-7")
        return (first, try ground.knock(try await ground.enrol(by: token, folder: "again")))
    }

    @Test func `nothing is renewed while links of a node have more than one key`() async throws {
        try await EnrolmentGround.run { ground in
            let (old, new) = try await Self.twoKeys(ground)
            #expect(await ground.open(old) == .stays)
            #expect(await ground.open(new) == .stays)
            // Whoever holds the old key could ask as well as the other.
            let refusal = try #require(refusal(in: try await Self.renew(ground)))
            #expect(refusal.code == .unavailable && refusal.retryAfterMilliseconds == 1_000 && !refusal.isFinal)
            ground.close(old)
            #expect(issued(in: try await Self.renew(ground)) != nil)
        }
    }

    @Test func `nothing is renewed while a link has opened whose key is not judged yet`() async throws {
        try await EnrolmentGround.run { ground in
            let (old, new) = try await Self.twoKeys(ground)
            await ground.open(new)
            let number = ground.note(old)
            #expect(refusal(in: try await Self.renew(ground))?.code == .unavailable)
            guard case .isCut(let words) = await ground.office.prove(number, old) else {
                Issue.record("the ended key may stay")
                return
            }
            #expect(words.contains("a newer key"))
            #expect(refusal(in: try await Self.renew(ground))?.code == .unavailable)
            ground.office.links.closed(number)
            #expect(issued(in: try await Self.renew(ground)) != nil)
        }
    }

    @Test func `its links are due after a patience, and until then what is under way may end`() async throws {
        try await EnrolmentGround.run { ground in
            let (old, new) = try await Self.twoKeys(ground)
            let links = ground.office.links
            await ground.open(old)
            let end = ground.clock.now + Limits.Hub.endedKeyPatience
            #expect(links.due(end + .seconds(60)).isEmpty)
            await ground.open(new)
            #expect(links.due(ground.clock.now).isEmpty)
            #expect(links.due(end + .seconds(60)) == [1])
            ground.close(old)
            #expect(links.due(end + .seconds(60)).isEmpty)
        }
    }

    @Test func `links that open in the wrong order end by what is proved last`() async throws {
        try await EnrolmentGround.run { ground in
            let (old, new) = try await Self.twoKeys(ground)
            let (first, second) = (ground.note(new), ground.note(old))
            #expect(await ground.office.prove(second, old) == .stays)
            #expect(await ground.office.prove(first, new) == .stays)
            let later = ground.clock.now + Limits.Hub.endedKeyPatience
            #expect(ground.office.links.due(later) == [second])
            #expect(Limits.Hub.endedKeyPatience == .seconds(10))
        }
    }

    @Test func `links beyond those that can wait for their judgement are closed, not forgotten`() async throws {
        try await EnrolmentGround.run { ground in
            let peer = try ground.knock(try await ground.enrol(by: try ground.token()))
            let links = HubLinks(office: ground.office, clock: ground.clock, capacity: 2)
            for number in 1...4 as ClosedRange<UInt64> { links.opened(number, peer) }
            links.closed(3)
            let closed = Lock<[UInt64]>([])
            await links.sweep { number, words in
                #expect(words.contains("come again"))
                closed.withLock { $0.append(number) }
            }
            #expect(closed.withLock { $0 } == [4])
            #expect(ground.office.links.key(of: peer.identity.node) == .unsettled)
            #expect(Limits.Hub.linkChangesWaiting >= 10_000)
        }
    }

    @Test func `a hub closes the links of ended keys, at once where they open again`() async throws {
        try await EnrolmentGround.run { ground in
            let (old, new) = try await Self.twoKeys(ground)
            let links = HubLinks(office: ground.office, clock: ground.clock)
            let closed = Intake<UInt64>(capacity: 8)
            let task = Task { await links.run { number, _ in _ = closed.offer(number) } }
            links.opened(1, new)
            links.opened(2, old)
            #expect(await closed.next() == 2)
            task.cancel()
            await task.value
        }
    }

    @Test func `a node renews once at a time, and again after a pause`() async throws {
        try await EnrolmentGround.run { ground in
            await ground.open(try ground.knock(try await ground.enrol(by: try ground.token())))
            #expect(issued(in: try await Self.renew(ground)) != nil)
            let refusal = try #require(refusal(in: try await Self.renew(ground)))
            // A fortieth of a day.
            #expect(refusal.code == .unavailable && !refusal.isFinal)
            #expect((2_100_000...2_160_000).contains(refusal.retryAfterMilliseconds ?? 0))
            ground.clock.move(by: .seconds(2_161))
            #expect(issued(in: try await Self.renew(ground)) != nil)
        }
    }

    @Test func `the pace of certificates of seconds lets them be renewed in time`() throws {
        let (node, now) = (try NodeID("laptop-7"), WallTime(millisecondsSince1970: 1_800_000_000_000))
        for (life, pause) in [(4, 1), (40, 1), (400, 10)] {
            var pace = RenewalPace(life: .seconds(life))
            #expect(pace.begin(node, now: now) == nil)
            #expect(pace.begin(node, now: now) == .seconds(1))
            pace.ended(node, isIssued: true, now: now)
            #expect(pace.begin(node, now: now) == .seconds(pause))
            #expect(pace.begin(node, now: now.moved(by: .seconds(pause))) == nil)
            // A try that has brought nothing costs no pause, and neither does a clock that is set back.
            pace.ended(node, isIssued: false, now: now)
            #expect(pace.begin(node, now: now.moved(by: .seconds(-60))) == nil)
        }
    }

    @Test func `the pace of more nodes than are kept in mind is not kept`() throws {
        let now = WallTime(millisecondsSince1970: 1_800_000_000_000)
        var pace = RenewalPace(life: .seconds(4_000))
        for number in 0...Limits.Hub.maximumPacedNodes {
            let node = try NodeID("n\(number)")
            #expect(pace.begin(node, now: now) == nil)
            pace.ended(node, isIssued: true, now: now)
        }
        #expect(pace.begin(try NodeID("n0"), now: now) == .seconds(100))
        #expect(pace.begin(try NodeID("n\(Limits.Hub.maximumPacedNodes)"), now: now) == nil)
    }
}
