import MeshChat
import MeshCore
import MeshTestKit
import Testing

@Suite("The end of a desk")
struct ChatDeskEndTests {
    @Test("What is set aside behind the end of a desk is given back by whoever asked")
    func reservedTooLate() throws {
        let outcome = try SeededRun.run(seed: 13) { world in
            let start = ChatEvent.started(ChatStart(id: "a", model: "m"))
            let events = [start, .text("Hi"), .ended(.endOfTurn)]
            let engine = ScriptedEngine([.answer(events)], clock: world.clock)
            let caller = ChatCaller(engines: ["one": engine], clock: world.clock, generator: world.generator)
            let offer = ModelOffer(engine: "one", model: "claude-sonnet-5-5", engineModel: "s")
            let ledger = VolatileAdmission(credit: Money(nanodollars: 1_000_000_000_000))
            let desk = ChatDesk(
                caller,
                directory: ModelDirectory(table: try ModelTable.shipped.get(), offers: [offer]),
                admission: SlowAdmission(ledger, clock: world.clock),
                clock: world.clock
            )
            let call = DeskCall(
                id: UniqueID(high: 1, low: 1),
                tenant: try TenantID("t"),
                request: ChatRequest(model: "sonnet", messages: [ChatMessage(.user, "hello")]),
                deadline: world.clock.now + .seconds(300)
            )
            async let answer = desk.begin(call)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await desk.run() }
                try? await world.clock.sleep(for: .milliseconds(10))
                group.cancelAll()
            }
            #expect(ledger.fate(of: call.id) == nil)
            do {
                _ = try await answer
                Issue.record("a desk that has ended answers")
            } catch let error as ChatError { #expect(error.code == .unavailable) }
            #expect(ledger.fate(of: call.id) == .voided)
            #expect(desk.underWay == 0)
        }
        try outcome.result.get()
    }
}

/// A test double: a ledger that takes a second to set aside.
private struct SlowAdmission: AdmissionPort {
    private let base: VolatileAdmission
    private let clock: any Clock

    init(_ base: VolatileAdmission, clock: any Clock) { (self.base, self.clock) = (base, clock) }

    func reserve(_ ask: AdmissionAsk) async throws(ChatError) -> AdmissionHold {
        try? await clock.sleep(for: .seconds(1))
        return try await base.reserve(ask)
    }

    func settle(_ hold: AdmissionHold, as outcome: AdmissionOutcome) async throws(ChatError) -> CallCharge? {
        try await base.settle(hold, as: outcome)
    }

    func void(_ hold: AdmissionHold) async throws(ChatError) { try await base.void(hold) }
}
