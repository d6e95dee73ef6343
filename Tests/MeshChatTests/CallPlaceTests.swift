import MeshChat
import MeshCore
import MeshTestKit
import Testing

@Suite struct `Where a call belongs` {
    @Test func `has names of so many bytes, and empty ones are none`() {
        let long = String(repeating: "n", count: Limits.Chat.maximumPlaceBytes + 1)
        let place = CallPlace(project: long, session: "", edge: "laptop")
        #expect(place.project?.utf8.count == Limits.Chat.maximumPlaceBytes)
        #expect(place.session == nil && place.edge == "laptop")
    }

    /// A test double of a ledger that admits nobody, and keeps what it was asked.
    private final class ClosedLedger: AdmissionPort {
        let asked = Lock<[AdmissionAsk]>([])

        func reserve(_ ask: AdmissionAsk) async throws(ChatError) -> AdmissionHold {
            asked.withLock { $0.append(ask) }
            throw ChatError(.paymentRequired, "as asked")
        }

        func settle(_ hold: AdmissionHold, as outcome: AdmissionOutcome) async throws(ChatError) -> CallCharge? { nil }
        func void(_ hold: AdmissionHold) async throws(ChatError) {}
    }

    @Test func `is told to whoever admits it`() throws {
        let outcome = try SeededRun.run(seed: 1) { world in
            let engine = ScriptedEngine([], clock: world.clock)
            let caller = ChatCaller(engines: ["one": engine], clock: world.clock, generator: world.generator)
            let offer = ModelOffer(engine: "one", model: "claude-sonnet-5-5", engineModel: "s")
            let directory = ModelDirectory(table: try ModelTable.shipped.get(), offers: [offer])
            let ledger = ClosedLedger()
            let desk = ChatDesk(caller, directory: directory, admission: ledger, clock: world.clock)
            let place = CallPlace(project: "paper", session: "s-1", edge: "laptop")
            let call = DeskCall(
                id: UniqueID(high: 1, low: 1),
                tenant: try TenantID("t"),
                place: place,
                request: ChatRequest(model: "sonnet", messages: [ChatMessage(.user, "hello")]),
                deadline: world.clock.now + .seconds(300)
            )
            _ = try? await desk.begin(call)
            #expect(ledger.asked.withLock { $0.map(\.place) } == [place])
        }
        try outcome.result.get()
    }
}
