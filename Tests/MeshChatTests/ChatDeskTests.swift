import MeshChat
import MeshCore
import MeshTestKit
import Testing

@Suite("The desk that takes chats in")
struct ChatDeskTests {
    private static let start = ChatEvent.started(ChatStart(id: "a", model: "m"))
    private static let usage = ChatUsage(inputTokens: 3, outputTokens: 2)
    private static let whole: [ChatEvent] = [start, .text("Hi"), .usage(usage), .ended(.endOfTurn)]
    private static let broken = ChatError(.upstreamFailed, "gone")

    /// A desk over scripted engines and a ledger in memory, which runs while `body` does.
    private struct Ground: Sendable {
        let world: SeededWorld
        let desk: ChatDesk
        let ledger: VolatileAdmission
        let log: RecordedCalls

        func call(_ number: UInt64, _ change: (inout DeskCall) -> Void = { _ in }) throws -> DeskCall {
            let request = ChatRequest(model: "sonnet", messages: [ChatMessage(.user, "hello")])
            var call = DeskCall(
                id: UniqueID(high: 1, low: number),
                tenant: try TenantID("t"),
                request: request,
                deadline: world.clock.now + .seconds(300)
            )
            change(&call)
            return call
        }

        func fate(_ number: UInt64) -> VolatileAdmission.Fate? { ledger.fate(of: UniqueID(high: 1, low: number)) }

        /// Lets everything happen that does not wait for time.
        func settle() async { try? await world.clock.sleep(for: .milliseconds(1)) }
    }

    private static func run(
        seed: UInt64,
        _ steps: [ScriptedEngine.Step],
        isOwn: Bool = false,
        credit: Int64 = 1_000_000_000_000_000_000,
        admission: (@Sendable (VolatileAdmission) -> any AdmissionPort)? = nil,
        _ body: @escaping @Sendable (Ground) async throws -> Void
    ) throws {
        let outcome = try SeededRun.run(seed: seed) { world in
            let engine = ScriptedEngine(steps, clock: world.clock)
            let caller = ChatCaller(
                engines: ["one": engine],
                own: isOwn ? ["one"] : [],
                clock: world.clock,
                generator: world.generator
            )
            let ledger = VolatileAdmission(credit: Money(nanodollars: credit))
            let log = RecordedCalls()
            let offer = ModelOffer(engine: "one", model: "claude-sonnet-5-5", engineModel: "s")
            let desk = ChatDesk(
                caller,
                directory: ModelDirectory(table: try ModelTable.shipped.get(), offers: [offer]),
                admission: admission?(ledger) ?? ledger,
                observer: log,
                clock: world.clock
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await desk.run() }
                try await body(Ground(world: world, desk: desk, ledger: ledger, log: log))
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        try outcome.result.get()
    }

    // MARK: Every way a call can end

    /// A way for a call to end, and what then becomes of its account.
    enum End: String, CaseIterable {
        case complete, brokenOffInTheMidst, withoutAnEnd, cancelled, letGo, taskCancelled, late, drained, neverBegun
        case leftBeforeTheAnswer, drainedBeforeTheAnswer, lateBeforeTheAnswer, leftBetweenAttempts
        case leftBeforeOurOwnAnswer
        case failedBehindTheHead, leftBehindTheHead, drainedBehindTheHead
        case stoppedAtTheDeadline, leftAtTheDeadline

        var isVoid: Bool {
            switch self {
            case .neverBegun, .leftBeforeOurOwnAnswer, .drainedBeforeTheAnswer, .leftBetweenAttempts: true
            default: false
            }
        }

        /// Nobody has said what was used: somebody else's engine has read the question.
        var isEstimated: Bool { self == .leftBeforeTheAnswer || self == .lateBeforeTheAnswer }

        var end: AdmissionOutcome.End {
            switch self {
            case .complete: .complete
            case .cancelled, .letGo, .taskCancelled, .leftBehindTheHead, .leftBeforeTheAnswer: .clientLeft
            default: .brokenOff
            }
        }

        var step: ScriptedEngine.Step {
            let head = [ChatDeskTests.start, .usage(ChatDeskTests.usage), .text("Hi")]
            return switch self {
            case .complete: .answer(ChatDeskTests.whole)
            case .brokenOffInTheMidst: .breakOff(head, ChatDeskTests.broken)
            case .withoutAnEnd: .answer(head)
            case .neverBegun: .refuse(ChatError(.malformed, "no"))
            case .leftBeforeTheAnswer, .lateBeforeTheAnswer, .leftBeforeOurOwnAnswer, .drainedBeforeTheAnswer: .hang
            case .leftBetweenAttempts: .refuse(ChatError(.overloaded, "busy"))
            case .failedBehindTheHead:
                .breakOff(Array(head[...1]), ChatError(.upstreamBilling, "pay", cause: ChatFailure(hasBegun: true)))
            case .leftBehindTheHead, .drainedBehindTheHead: .waitBehind(Array(head[...1]))
            default: .waitBehind(head)
            }
        }
    }

    @Test("Every reserved call is settled or voided once, however it ends", arguments: End.allCases)
    func everyEnd(_ end: End) throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            try Self.run(seed: seed, [end.step], isOwn: end == .leftBeforeOurOwnAnswer) { ground in
                try await Self.perform(end, on: ground)
                await ground.settle()
                let fate = ground.fate(1)
                if end.isVoid {
                    #expect(fate == .voided)
                } else if case .settled(let outcome) = fate {
                    #expect(outcome.end == end.end)
                    let read = TokenEstimate.likely(of: try ground.call(1).request)
                    let expected = end.isEstimated ? ChatUsage(inputTokens: read, isEstimated: true) : Self.usage
                    #expect(outcome.usage == expected)
                    let cost = Int64(expected.inputTokens) * 2_000 + Int64(expected.outputTokens) * 10_000
                    #expect(outcome.cost.nanodollars == cost)
                } else {
                    Issue.record("\(end) seed \(seed): \(String(describing: fate))")
                }
                #expect(ground.desk.underWay == 0)
                #expect(ground.ledger.settlements == 1)
                #expect(ground.desk.counts.settled + ground.desk.counts.voided == 1)
                #expect(ground.log.ended.count == 1)
            }
        }
    }

    private static func perform(_ end: End, on ground: Ground) async throws {
        let desk = ground.desk
        let call = try ground.call(1)
        switch end {
        case .complete:
            let answer = try await desk.begin(call)
            while let event = try await answer.next() {
                if case .ended = event, case .settled = ground.fate(1) { continue }
                #expect(ground.fate(1) == .held)
            }
        case .brokenOffInTheMidst:
            let answer = try await desk.begin(call)
            await #expect(throws: broken) { try await answer.collect() }
        case .withoutAnEnd:
            let answer = try await desk.begin(call)
            await #expect(throws: broken) { while try await answer.next() != nil {} }
            #expect(try await answer.next() == nil)
        case .cancelled:
            let answer = try await desk.begin(call)
            _ = try await answer.next()
            answer.cancel()
            answer.cancel()
        case .letGo: _ = try await desk.begin(call)
        case .taskCancelled, .leftBeforeTheAnswer, .leftBehindTheHead, .leftBetweenAttempts, .leftBeforeOurOwnAnswer:
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await desk.begin(call).collect() }
                await ground.settle()
                group.cancelAll()
            }
        case .late:
            let answer = try await desk.begin(ground.call(1) { $0.deadline = ground.world.clock.now + .seconds(1) })
            try await ground.world.clock.sleep(for: .seconds(2))
            await #expect(throws: ChatError(.timedOut, "")) { try await answer.next() }
        case .lateBeforeTheAnswer:
            await #expect(throws: ChatError(.timedOut, "")) { try await desk.begin(call) }
        case .stoppedAtTheDeadline:
            let answer = try await desk.begin(call)
            try await ground.world.clock.sleep(until: call.deadline)
            answer.cancel()
            #expect(ground.log.ended.first?.outcome == .brokenOff(.timedOut))
        case .leftAtTheDeadline:
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await desk.begin(call).collect() }
                try? await ground.world.clock.sleep(until: call.deadline)
                group.cancelAll()
            }
            #expect(ground.log.ended.first?.outcome == .brokenOff(.timedOut))
        case .drained, .drainedBeforeTheAnswer, .drainedBehindTheHead:
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: ChatError(.unavailable, "")) { try await desk.begin(call).collect() }
                }
                await ground.settle()
                await desk.drain(patience: .seconds(3))
                group.cancelAll()
            }
        case .failedBehindTheHead:
            await #expect(throws: ChatError(.upstreamBilling, "")) { try await desk.begin(call) }
        case .neverBegun:
            await #expect(throws: ChatError(.malformed, "")) { try await desk.begin(call) }
        }
    }

    @Test("A desk that is ended without a drain settles all that is under way before it returns")
    func endedAtOnce() throws {
        let ledger = Lock<VolatileAdmission?>(nil)
        try Self.run(seed: 3, [End.cancelled.step]) { ground in
            ledger.withLock { $0 = ground.ledger }
            ground.log.keep(try await ground.desk.begin(ground.call(1)))
        }
        let id = UniqueID(high: 1, low: 1)
        guard case .settled(let outcome)? = ledger.withLock({ $0?.fate(of: id) }) else {
            Issue.record("not settled")
            return
        }
        #expect(outcome.end == .brokenOff)
    }

    // MARK: Refusals

    @Test("Without credit nobody is asked, and the key's request is given back")
    func noCredit() throws {
        try Self.run(seed: 4, [.answer(Self.whole)], credit: 0) { ground in
            for number in 1...5 as ClosedRange<UInt64> {
                let call = try ground.call(number) { ($0.key, $0.requestsPerMinute) = ("k", 1) }
                await #expect(throws: ChatError(.paymentRequired, "")) { try await ground.desk.begin(call) }
            }
            #expect(ground.log.ended.map(\.outcome) == Array(repeating: .refused(.paymentRequired), count: 5))
            #expect(ground.log.ended.first?.model == "claude-sonnet-5-5")
            #expect(ground.desk.underWay == 0)
        }
    }

    @Test("A key that has asked as often as it may waits, is told how long, and nothing is reserved")
    func limited() throws {
        try Self.run(seed: 5, [.answer(Self.whole)]) { ground in
            func call(_ number: UInt64) throws -> DeskCall {
                try ground.call(number) { ($0.key, $0.requestsPerMinute) = ("k", 2) }
            }
            let first = try await ground.desk.begin(call(1))
            #expect(first.allowance?.remaining == 1)
            _ = try await first.collect()
            _ = try await ground.desk.begin(call(2)).collect()
            let error = await #expect(throws: ChatError(.rateLimited, "")) { try await ground.desk.begin(call(3)) }
            #expect(error?.failure?.retryAfter == .seconds(60))
            #expect(ground.fate(3) == nil)
            try await ground.world.clock.sleep(for: .seconds(61))
            _ = try await ground.desk.begin(call(4)).collect()
        }
    }

    @Test("An id that is under way is a conflict, and the call that has it goes on")
    func conflict() throws {
        try Self.run(seed: 6, [.answer(Self.whole)]) { ground in
            let answer = try await ground.desk.begin(ground.call(1))
            await #expect(throws: ChatError(.conflict, "")) { try await ground.desk.begin(ground.call(1)) }
            #expect(try await answer.collect().text == "Hi")
        }
    }

    @Test("As many calls as maximumCalls may be under way; one more is told to come again")
    func bound() throws {
        try Self.run(seed: 7, [End.letGo.step]) { ground in
            for number in 0..<UInt64(Limits.Chat.maximumCalls) {
                ground.log.keep(try await ground.desk.begin(ground.call(number)))
            }
            let last = try ground.call(UInt64(Limits.Chat.maximumCalls))
            let error = await #expect(throws: ChatError(.overloaded, "")) { try await ground.desk.begin(last) }
            #expect(error?.failure?.retryAfter != nil)
            ground.log.letGo()
            await ground.settle()
            #expect(ground.desk.underWay == 0)
            _ = try await ground.desk.begin(last)
        }
    }

    @Test("A hub that is being stopped takes no more calls")
    func closed() throws {
        try Self.run(seed: 8, [.answer(Self.whole)]) { ground in
            await ground.desk.drain(patience: .seconds(1))
            await #expect(throws: ChatError(.unavailable, "")) { try await ground.desk.begin(ground.call(1)) }
            #expect(ground.fate(1) == nil)
        }
    }

    // MARK: Settling

    @Test(
        "A ledger that is away is asked until it is back; one that says no is, after maximumSettlingAttempts, given up"
    )
    func failingLedger() throws {
        let most = Limits.Chat.maximumSettlingAttempts
        let refusal = ChatErrorCode.conflict
        for (failures, code, isGivenUp) in [
            (2, .unavailable, false), (most + 3, .unavailable, false), (2, refusal, false), (most, refusal, true),
        ] as [(Int, ChatErrorCode, Bool)] {
            let admission: @Sendable (VolatileAdmission) -> any AdmissionPort = {
                FailingAdmission($0, failures: failures, code)
            }
            try Self.run(seed: 9, [.answer(Self.whole)], admission: admission) { ground in
                #expect(try await ground.desk.begin(ground.call(1)).collect().text == "Hi")
                try await ground.world.clock.sleep(for: .seconds(60))
                #expect(ground.desk.underWay == 0)
                #expect(ground.desk.counts.failures == UInt64(failures))
                // Nobody reads a line for each of many attempts.
                #expect(ground.log.failures.count == min(failures, isGivenUp ? most : most - 1))
                #expect(ground.desk.counts.givenUp == (isGivenUp ? 1 : 0))
                #expect((ground.fate(1) == .held) == isGivenUp)
                #expect(ground.log.failures.last == isGivenUp)
            }
        }
    }

    @Test("A settlement that fails is put aside, and holds up no other")
    func failingSettlement() throws {
        let admission: @Sendable (VolatileAdmission) -> any AdmissionPort = {
            FailingAdmission($0, failures: 2, of: UniqueID(high: 1, low: 1))
        }
        try Self.run(seed: 13, [End.cancelled.step], admission: admission) { ground in
            for number in 1...3 as ClosedRange<UInt64> {
                try await ground.desk.begin(ground.call(number)).cancel()
                await ground.settle()
                #expect((ground.fate(number) == .held) == (number == 1))
            }
            #expect(ground.desk.settlementsWaiting == 1)
            try await ground.world.clock.sleep(for: .seconds(1))
            #expect(ground.fate(1) != .held)
            #expect(ground.desk.settlementsWaiting == 0)
            #expect(ground.desk.underWay == 0)
        }
    }

    // MARK: Models that come later

    @Test("A call waits for models that are being loaded, for modelPatience at most")
    func loading() throws {
        let outcome = try SeededRun.run(seed: 10) { world in
            let engine = ScriptedEngine([.answer(Self.whole)], clock: world.clock)
            let caller = ChatCaller(engines: ["embedded": engine], clock: world.clock, generator: world.generator)
            let table = try ModelTable.shipped.get()
            let desk = ChatDesk(
                caller,
                directory: ModelDirectory(table: table, offers: []),
                isComplete: false,
                admission: OpenAdmission(),
                clock: world.clock
            )
            let call = DeskCall(
                id: UniqueID(high: 1, low: 1),
                tenant: try TenantID("t"),
                request: ChatRequest(model: "local", messages: [ChatMessage(.user, "hello")]),
                deadline: world.clock.now + .seconds(300)
            )
            let begun = world.clock.now
            let error = await #expect(throws: ChatError(.unavailable, "")) { try await desk.begin(call) }
            #expect(error?.failure?.retryAfter != nil)
            #expect(world.clock.now - begun == Limits.Chat.modelPatience)
            try await withThrowingTaskGroup(of: String.self) { group in
                group.addTask { try await desk.begin(call).collect().text }
                try await world.clock.sleep(for: .seconds(1))
                let model = EngineModel(name: "tiny", contextTokens: 2_048, maximumOutputTokens: 512)
                let offer = ModelOffer(engine: "embedded", model: "tiny", engineModel: "tiny")
                desk.use(ModelDirectory(table: table, local: [model], offers: [offer]), isComplete: true)
                #expect(try await group.next() == "Hi")
            }
            #expect(await desk.models().map(\.name) == ["tiny"])
            #expect(await desk.model(named: "local")?.name == "tiny")
            await #expect(throws: ChatError(.unknownModel, "")) {
                var other = call
                other.request.model = "sonnet"
                _ = try await desk.begin(other)
            }
        }
        try outcome.result.get()
    }

    @Test("What is set aside covers the dearest that may answer; who answered in another's place is said")
    func substitutes() throws {
        let outcome = try SeededRun.run(seed: 11) { world in
            let busy = ScriptedEngine([.refuse(ChatError(.upstreamBilling, "pay"))], clock: world.clock)
            let other = ScriptedEngine([.answer(Self.whole)], clock: world.clock)
            let caller = ChatCaller(
                engines: ["one": busy, "two": other],
                clock: world.clock,
                generator: world.generator
            )
            let names = ["claude-sonnet-5-5", "claude-opus-5-5"]
            let directory = ModelDirectory(
                table: try ModelTable.shipped.get(),
                offers: zip(["one", "two"], names).map { ModelOffer(engine: $0, model: $1, engineModel: $1) },
                substitutes: [names[0]: [names[1]]]
            )
            let ledger = VolatileAdmission(credit: Money(nanodollars: 1_000_000_000_000))
            let desk = ChatDesk(caller, directory: directory, admission: ledger, clock: world.clock)
            var request = ChatRequest(model: "sonnet", messages: [ChatMessage(.user, "hello")])
            request.maximumOutputTokens = 1_000
            let id = UniqueID(high: 1, low: 1)
            let call = DeskCall(
                id: id,
                tenant: try TenantID("t"),
                request: request,
                deadline: world.clock.now + .seconds(300)
            )
            let answer = try await desk.begin(call)
            #expect(1_000_000_000_000 - ledger.available.nanodollars > 1_000 * 20_000)
            _ = try await answer.collect()
            guard case .settled(let outcome)? = ledger.fate(of: id) else {
                Issue.record("not settled")
                return
            }
            #expect(outcome.substitute?.model == names[1])
            #expect(outcome.cost.nanodollars == 3 * 4_000 + 2 * 20_000)
        }
        try outcome.result.get()
    }

    @Test("Without a ledger everybody is admitted, nothing is charged, and sums are kept")
    func openAdmission() throws {
        let outcome = try SeededRun.run(seed: 12) { _ in
            let admission = OpenAdmission()
            let price = ModelPrice(version: "p", base: .free)
            let ask = AdmissionAsk(
                id: UniqueID(high: 1, low: 1),
                tenant: try TenantID("t"),
                key: nil,
                model: "m",
                worst: ChatUsage(),
                worstCost: Money(nanodollars: .max),
                price: price
            )
            let hold = try await admission.reserve(ask)
            let cost = Money(nanodollars: .max)
            try await admission.settle(hold, as: AdmissionOutcome(end: .complete, usage: ChatUsage(), cost: cost))
            try await admission.settle(hold, as: AdmissionOutcome(end: .complete, usage: ChatUsage(), cost: cost))
            try await admission.void(hold)
            #expect(admission.totals.admitted == 1)
            #expect(admission.totals.settled == 2)
            #expect(admission.totals.voided == 1)
            #expect(admission.totals.cost == cost)
        }
        try outcome.result.get()
    }
}

/// A test double: what a desk tells of its calls, and answers that somebody holds.
private final class RecordedCalls: ChatObserver {
    private let records = Lock<[CallRecord]>([])
    private let given = Lock<[Bool]>([])
    private let kept = Lock<[AdmittedAnswer]>([])

    var ended: [CallRecord] { records.withLock { $0 } }
    /// Whether each failure was the last.
    var failures: [Bool] { given.withLock { $0 } }

    func keep(_ answer: AdmittedAnswer) { kept.withLock { $0.append(answer) } }
    func letGo() {
        let all = kept.withLock { kept in
            defer { kept = [] }
            return kept
        }
        withExtendedLifetime(all) {}
    }

    func callEnded(_ record: CallRecord) { records.withLock { $0.append(record) } }
    func settlingFailed(_ record: CallRecord, _ error: ChatError, isGivenUp: Bool) {
        given.withLock { $0.append(isGivenUp) }
    }
}
