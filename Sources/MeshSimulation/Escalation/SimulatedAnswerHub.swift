internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshGateway
internal import MeshIdentity
internal import MeshRelay
internal import MeshTestKit
internal import MeshTunnel
internal import MeshWire

/// One life of a hub: the shipped office over the shipped desk, which ask a simulated engine and account.
final class SimulatedAnswerHub: Sendable {
    struct Arrival: Sendable {
        let line: AnswerLine
        let end: AnswerLineEnd
        let payload: [UInt8]
        let edge: NodeIdentity
    }

    /// The only model that it has.
    static let model = "claude-sonnet-5-5"

    let number: Int
    private let office: EscalationOffice
    private let desk: ChatDesk
    private let engine: SimulatedAnswerEngine
    private let admission: SimulatedAdmission
    private let clock: any Clock
    private let arrivals = Intake<Arrival>(capacity: Limits.EscalationWorld.maximumArrivals)
    private let over = OneShot<Bool>()
    private let officeOver = OneShot<Bool>()
    private let ended = OneShot<Bool>()

    init(
        _ number: Int,
        plan: EscalationPlan,
        account: SimulatedAccount,
        history: EscalationHistory,
        generator: inout SeededGenerator
    ) throws {
        self.number = number
        clock = history.clock
        admission = SimulatedAdmission(account, life: number)
        let own = generator.split()
        engine = SimulatedAnswerEngine(plan: plan, history: history, clock: history.clock, generator: own)
        let caller = ChatCaller(engines: ["one": engine], clock: history.clock, generator: generator.split())
        let offer = ModelOffer(engine: "one", model: Self.model, engineModel: "s")
        desk = ChatDesk(
            caller,
            directory: ModelDirectory(table: try ModelTable.shipped.get(), offers: [offer]),
            admission: admission,
            clock: history.clock
        )
        let chats = SimulatedChats(desk: desk)
        office = EscalationOffice(chats: chats, clock: history.clock, generator: generator.split())
    }

    /// Lives until it crashes or leaves, or the calling task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [desk] in await desk.run() }
            group.addTask { [office, officeOver] in
                await withDiscardingTaskGroup { group in
                    group.addTask { await office.run() }
                    _ = try? await officeOver.wait()
                    group.cancelAll()
                }
            }
            group.addTask { [arrivals] in
                await withDiscardingTaskGroup { streams in
                    while let arrival = await arrivals.next() {
                        streams.addTask { await self.serve(arrival) }
                    }
                    streams.cancelAll()
                }
            }
            _ = try? await over.wait()
            group.cancelAll()
        }
        for arrival in arrivals.close() { arrival.line.cut() }
        ended.open(true)
    }

    /// Returns when nothing of it is left.
    func hasEnded() async { _ = try? await ended.wait() }

    private func serve(_ arrival: Arrival) async {
        do {
            try await office.serve(arrival.end, asking: arrival.payload, by: arrival.edge)
        } catch let refusal as ErrorFrame {
            arrival.line.refuse(refusal)
        } catch {
            arrival.line.letGo(.hub)
        }
    }

    /// Takes a stream; false where it takes none any more.
    func take(_ arrival: Arrival) -> Bool { arrivals.offer(arrival) }

    /// Its process ends.
    func crash() {
        admission.die()
        engine.die()
        over.open(true)
    }

    /// It ends in good order; what is under way may end for as long as `patience`, and streams say why for `goodbye`.
    func leave(patience: Duration, goodbye: Duration) async {
        _ = arrivals.close()
        if patience > .zero { await desk.drain(patience: patience) }
        admission.calm()
        officeOver.open(true)
        try? await clock.sleep(for: goodbye)
        over.open(true)
    }

    /// What it has not forgotten: runs, and calls.
    var left: (runs: Int, calls: Int) { (office.count, desk.underWay) }
}

/// A desk, as a hub's gateway sees it.
private struct SimulatedChats: ChatPort {
    let desk: ChatDesk

    func begin(_ call: ChatCall) async throws(ChatError) -> any ChatRun {
        let ask = DeskCall(
            id: call.id,
            tenant: call.caller.tenant,
            key: call.caller.key,
            requestsPerMinute: nil,
            place: call.place,
            request: call.request,
            deadline: call.deadline
        )
        return SimulatedRun(try await desk.begin(ask))
    }

    func models() async -> [ModelDescription] { await desk.models() }
    func model(named name: String) async -> ModelDescription? { await desk.model(named: name) }
}

/// An admitted answer with what a gateway tells of it.
private final class SimulatedRun: ChatRun {
    private let answer: AdmittedAnswer

    init(_ answer: AdmittedAnswer) { self.answer = answer }

    var model: String { answer.choice.row.name }
    var engine: String { answer.choice.offer.engine }
    var reason: String { answer.reason }
    var dropped: [String] { answer.dropped }
    var allowance: RequestAllowance? { answer.allowance }
    var usageSoFar: ChatUsage { answer.usageSoFar }
    var costSoFar: Money? { answer.choice.price.cost(of: usageSoFar) }
    func next() async throws(ChatError) -> ChatEvent? { try await answer.next() }
    func cancel() { answer.cancel() }
}
