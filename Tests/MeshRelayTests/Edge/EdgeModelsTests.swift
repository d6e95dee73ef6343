import MeshActors
import MeshChat
import MeshCore
import MeshEscalation
import MeshPrivacy
import MeshRelay
import MeshTestKit
import MeshTunnel
import MeshWire
import Testing

@Suite("Models that an edge knows of") struct EdgeModelsTests {
    /// A test double of the way to a hub, on which nothing can be asked.
    private final class NoWay: AnswerChannelOpener {
        let isThere = Lock(true)

        var isConnected: Bool { isThere.withLock { $0 } }

        func open(asking payload: [UInt8]) async throws(TransportError) -> any ByteChannel {
            throw TransportError(.unreachable, "there is no way")
        }
    }

    /// An edge's desk whose hub has `models`, and what the hub was asked.
    private struct Ground {
        let clock = VirtualClock()
        let way = NoWay()
        let asked = Lock<[(name: String?, deadline: Instant)]>([])
        let desk: EdgeDesk

        init(_ models: [ModelDescription]) throws {
            let secret = try #require([UInt8](repeating: 7, count: 32).withUnsafeBytes { TokenKey(copying: $0) })
            let maps = ConversationMaps(
                redactor: Redactor(),
                secret: secret,
                vault: VolatileVault(),
                lifetime: .seconds(60),
                clock: clock
            )
            let parts = EdgeDesk.Parts(
                maps: maps,
                opener: way,
                tally: UsageTally(since: clock.wallTime),
                tenant: try TenantID("acme")
            ) { [asked] name, deadline in
                asked.withLock { $0.append((name, deadline)) }
                return ModelList(name == nil ? models : models.filter { "alias-of-\($0.name)" == name })
            }
            desk = EdgeDesk(parts, clock: clock, generator: SeededGenerator(seed: 1))
        }

        func letPass(_ duration: Duration) async {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { [clock] in try? await clock.sleep(for: duration) }
                while clock.sleeperCount == 0, !Task.isCancelled { await Task.yield() }
                _ = clock.advanceToNextDeadline()
            }
        }
    }

    private static func model(_ name: String) -> ModelDescription {
        ModelDescription(
            name: name,
            owner: "meshnode",
            created: WallTime(millisecondsSince1970: 0),
            contextTokens: 2_048,
            maximumOutputTokens: 512
        )
    }

    @Test("What the hub has said counts for a while, and is then asked again")
    func modelsAreKeptForAWhile() async throws {
        let ground = try Ground([Self.model("tiny")])
        #expect(await ground.desk.models().map(\.name) == ["tiny"])
        #expect(await ground.desk.models().count == 1)
        #expect(ground.asked.withLock { $0.count } == 1)
        let first = ground.asked.withLock { $0[0].deadline }
        #expect(first == ground.clock.now + Limits.Relay.modelPatience)
        await ground.letPass(Limits.Relay.modelsFor)
        _ = await ground.desk.models()
        #expect(ground.asked.withLock { $0.count } == 2)
    }

    @Test("Another name of a model is asked for")
    func aliasesAreAskedFor() async throws {
        let ground = try Ground([Self.model("tiny")])
        #expect(await ground.desk.model(named: "tiny")?.name == "tiny")
        #expect(await ground.desk.model(named: "alias-of-tiny")?.name == "tiny")
        #expect(await ground.desk.model(named: "nobody") == nil)
        #expect(ground.asked.withLock { $0.map(\.name) } == [nil, "alias-of-tiny", "nobody"])
    }

    @Test("Without a hub nobody is asked, and what it said last is told")
    func offlineNobodyIsAsked() async throws {
        let ground = try Ground([Self.model("tiny")])
        _ = await ground.desk.models()
        ground.way.isThere.withLock { $0 = false }
        await ground.letPass(Limits.Relay.modelsFor)
        #expect(await ground.desk.models().map(\.name) == ["tiny"])
        #expect(await ground.desk.model(named: "other") == nil)
        #expect(ground.asked.withLock { $0.count } == 1)
    }

    @Test("Of very many models some are left out, and a list of more is refused")
    func listsAreBounded() throws {
        let many = (0...Limits.Relay.maximumModels).map { Self.model("m\($0)") }
        let list = ModelList(many)
        #expect(list.models.count == Limits.Relay.maximumModels)
        #expect(try ModelList(wireBytes: list.wireBytes) == list)
        let bytes = WireWriter.bytes { $0.writeArrayHead(count: Limits.Relay.maximumModels + 1) }
        #expect(throws: WireError.self) { try ModelList(wireBytes: bytes) }
    }

    @Test("Of very many parameters that were left out only the first are told")
    func droppedParametersAreBounded() throws {
        let dropped = (0...Limits.Escalation.maximumDropped).map { "p\($0)" }
        let choice = AnswerChoice(model: "m", engine: "e", reason: "r", dropped: dropped)
        #expect(choice.dropped == Array(dropped.prefix(Limits.Escalation.maximumDropped)))
        #expect(try AnswerItem(wireBytes: AnswerItem.chosen(choice).wireBytes) == .chosen(choice))
    }
}
