import MeshActors
import MeshChat
import MeshCore
import MeshEscalation
import MeshGateway
import MeshPrivacy
import MeshRelay
import MeshTestKit
import MeshTunnel
import MeshWire
import Testing

@Suite struct `Answers in JSON` {
    /// A test double of a hub: says the question back as the one member of an object.
    private struct Hub: AnswerChannelOpener {
        let isConnected = true
        let node: NodeID

        func open(asking payload: [UInt8]) async throws(TransportError) -> any ByteChannel {
            guard let opening = try? RelayOpening(wireBytes: payload), case .chat(let chat)? = opening.ask,
                let text = chat.request.messages.last?.text
            else { throw TransportError(.unreachable, "nothing is asked") }
            let items: [AnswerItem] = [
                .opened(1), .event(.started(ChatStart(id: "1", model: "tiny"))), .event(.text("{\"to\": \"")),
                .event(.text(text)), .event(.text("\"}")), .ended(AnswerEnd(reason: .endOfTurn, usage: ChatUsage())),
            ]
            return Channel(items.map(\.streamBytes), node: node)
        }
    }

    /// One direction of a stream, all of which is there.
    private final class Channel: ByteChannel {
        let node: NodeID
        let purpose = ""
        let offset: UInt64 = 0
        private let pieces: Lock<[[UInt8]]>

        init(_ pieces: [[UInt8]], node: NodeID) {
            self.pieces = Lock(pieces)
            self.node = node
        }

        func read() async throws(TransportError) -> [UInt8]? {
            pieces.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        }

        func write(_ bytes: [UInt8]) async throws(TransportError) {}
        func finish() async throws(TransportError) {}
        func seal() {}
        func cancel() {}
        func letGo() {}
    }

    @Test(arguments: [ResponseFormat.jsonObject, .text])
    func `are JSON still where that was asked for`(format: ResponseFormat) async throws {
        let clock = VirtualClock()
        let tenant = try TenantID("main")
        let secret = [UInt8](repeating: 7, count: TokenKey.byteCount).withUnsafeBytes { TokenKey(copying: $0) }
        let maps = ConversationMaps(
            redactor: Redactor(policy: PrivacyPolicy(), terms: try OwnTerms([.init("Acme \"North\" Works")])),
            secret: try #require(secret),
            vault: VolatileVault(),
            lifetime: .seconds(60),
            clock: clock
        )
        let tally = UsageTally(since: clock.wallTime)
        let parts = EdgeDesk.Parts(maps: maps, opener: try Hub(node: NodeID("hub-1")), tally: tally, tenant: tenant) {
            _,
            _ in ModelList([])
        }
        let desk = EdgeDesk(parts, clock: clock, generator: SeededGenerator(seed: 1))
        var request = ChatRequest(model: "tiny", messages: [ChatMessage(.user, "Acme \"North\" Works")])
        request.format = format
        let call = ChatCall(
            id: UniqueID(high: 1, low: 2),
            caller: RelayGround.caller,
            request: request,
            deadline: clock.now + .seconds(60)
        )
        let run = try await desk.begin(call)
        var said = ""
        while let event = try await run.next() { if case .text(let text) = event { said += text } }
        let mark = format == .text ? "\"" : "\\\""
        #expect(said == "{\"to\": \"Acme \(mark)North\(mark) Works\"}")
    }
}
