import MeshChat
import MeshCore
import MeshEscalation
import MeshTestKit
import MeshWire
import Testing

/// A run on the hub in some situation, and what its driver has seen.
struct HubRun: ~Copyable {
    static let digest = SHA256.digest(Array("question".utf8))
    static let broken = EscalationFailure(.refused, "the provider broke off", chat: .upstreamFailed)

    var machine: EscalationStateMachine
    var now = instant(0)
    private(set) var settlements: [RunSettlement] = []
    private(set) var releases = 0

    init(windowBytes: Int = Limits.Escalation.windowBytes, attached: Bool = true) {
        var configuration = EscalationConfiguration()
        configuration.windowBytes = windowBytes
        machine = EscalationStateMachine(
            question: HubRun.digest,
            answer: 77,
            promptTokens: 40,
            timeLeft: nil,
            configuration: configuration,
            now: now
        )
        if attached { _ = machine.attached(1, offset: 0, answer: nil, question: HubRun.digest, now: now) }
    }

    @discardableResult
    mutating func note(_ action: EscalationStateMachine.Action) -> EscalationStateMachine.Action {
        if case .settle(let settlement) = action { settlements.append(settlement) }
        if case .release = action { releases += 1 }
        return action
    }

    /// Everything that there is to say on the newest stream.
    @discardableResult
    mutating func flush() -> (bytes: [UInt8], length: UInt64?) {
        var (bytes, length): ([UInt8], UInt64?) = ([], nil)
        while let output = machine.nextOutput() {
            switch output {
            case .chunk(let chunk): bytes += chunk.bytes
            case .end(let end): length = end.length
            }
        }
        return (bytes, length)
    }

    mutating func items() throws -> [AnswerItem] {
        _ = machine.attached(99, offset: 0, answer: nil, question: nil, now: now)
        var decoder = AnswerDecoder()
        return try decoder.take(flush().bytes)
    }
}

@Suite struct `A run on the hub` {
    typealias Event = (name: String, happen: (inout HubRun) -> String)

    static func described(_ action: EscalationStateMachine.Action) -> String {
        switch action {
        case .none: "nothing"
        case .ask: "ask"
        case .settle(.void): "settle: void"
        case .settle(.book(let end, let usage)):
            "settle: \(end.rawValue) \(usage.inputTokens)+\(usage.outputTokens)\(usage.isEstimated ? " about" : "")"
        case .release: "release"
        }
    }

    static func described(_ action: EscalationStateMachine.AttachAction) -> String {
        switch action {
        case .begin(nil): "begin"
        case .begin(let former?): "begin instead of \(former)"
        case .refuse(let code): "refuse \(code.rawValue)"
        }
    }

    static var situations: [(name: String, reach: (inout HubRun) -> Void)] {
        [
            ("reserving", { _ in }),
            ("reserving, alone", { $0.machine.streamOver(1, now: $0.now) }),
            ("forsaken", { $0.note($0.machine.cancelled(now: $0.now)) }),
            ("running", { $0.note($0.machine.reserved(now: $0.now)) }),
            ("running, begun", { begin(&$0) }),
            (
                "running, counted",
                { run in
                    begin(&run)
                    run.note(
                        run.machine.eventArrived(.usage(ChatUsage(inputTokens: 12, outputTokens: 1)), now: run.now)
                    )
                }
            ),
            (
                "running, alone",
                { run in
                    begin(&run)
                    run.machine.streamOver(1, now: run.now)
                }
            ),
            (
                "settling",
                { run in
                    begin(&run)
                    run.note(run.machine.eventArrived(.ended(.endOfTurn), now: run.now))
                }
            ),
            (
                "settling, failed",
                { run in
                    begin(&run)
                    run.note(run.machine.answerFailed(HubRun.broken, now: run.now))
                }
            ),
            ("ended", { end(&$0) }),
            (
                "ended, said",
                { run in
                    end(&run)
                    run.flush()
                }
            ),
            (
                "ended, alone",
                { run in
                    end(&run)
                    run.machine.streamOver(1, now: run.now)
                }
            ),
            (
                "over",
                { run in
                    end(&run)
                    run.flush()
                    acknowledge(&run)
                }
            ),
        ]
    }

    static func begin(_ run: inout HubRun) {
        run.note(run.machine.reserved(now: run.now))
        run.note(run.machine.eventArrived(.started(ChatStart(id: "a", model: "m")), now: run.now))
        run.note(run.machine.eventArrived(.text("eight by"), now: run.now))
    }

    static func end(_ run: inout HubRun) {
        begin(&run)
        run.note(run.machine.eventArrived(.ended(.endOfTurn), now: run.now))
        run.note(run.machine.settled(cost: nil, now: run.now))
    }

    @discardableResult
    static func acknowledge(_ run: inout HubRun) -> EscalationStateMachine.Action {
        run.flush()
        return run.note(run.machine.acknowledged(1, offset: UInt64(run.machine.keptBytes), now: run.now))
    }

    static var events: [Event] {
        [
            ("reserved", { described($0.note($0.machine.reserved(now: $0.now))) }),
            ("not reserved", { described($0.note($0.machine.refused(HubRun.broken, now: $0.now))) }),
            ("more is said", { described($0.note($0.machine.eventArrived(.text("more"), now: $0.now))) }),
            ("answer ends", { described($0.note($0.machine.eventArrived(.ended(.endOfTurn), now: $0.now))) }),
            ("answer fails", { described($0.note($0.machine.answerFailed(HubRun.broken, now: $0.now))) }),
            ("cancelled", { described($0.note($0.machine.cancelled(now: $0.now))) }),
            ("settled", { described($0.note($0.machine.settled(cost: Money(nanodollars: 5), now: $0.now))) }),
            ("10 s pass", { pass(10, &$0) }),
            ("60 s pass", { pass(60, &$0) }),
            ("300 s pass", { pass(300, &$0) }),
            ("600 s pass", { pass(600, &$0) }),
            (
                "asked again",
                { described($0.machine.attached(2, offset: 0, answer: nil, question: HubRun.digest, now: $0.now)) }
            ),
            ("gone on with", { described($0.machine.attached(2, offset: 3, answer: 77, question: nil, now: $0.now)) }),
            (
                "another answer gone on with",
                { described($0.machine.attached(2, offset: 3, answer: 78, question: nil, now: $0.now)) }
            ),
            (
                "another question",
                { described($0.machine.attached(2, offset: 0, answer: nil, question: .zero, now: $0.now)) }
            ),
            (
                "cut",
                { run in
                    run.machine.streamOver(1, now: run.now)
                    return "nothing"
                }
            ),
            ("all acknowledged", { described(acknowledge(&$0)) }),
            ("too much acknowledged", { described($0.note($0.machine.acknowledged(1, offset: 9_999, now: $0.now))) }),
        ]
    }

    static func pass(_ seconds: Int64, _ run: inout HubRun) -> String {
        run.now = instant(seconds)
        return described(run.note(run.machine.deadlineReached(now: run.now)))
    }

    /// Lets `event` happen in `situation`; the line of the table, nil where nothing changes.
    private func line(
        _ situation: (name: String, reach: (inout HubRun) -> Void),
        _ event: Event
    ) -> String? {
        var run = HubRun()
        situation.reach(&run)
        let (phase, kept, deadline) = (run.machine.phase, run.machine.keptBytes, run.machine.nextDeadline)
        let settled = run.settlements.count
        let action = event.happen(&run)
        #expect(run.settlements.count <= 1, "\(situation.name), \(event.name): settled twice")
        #expect(run.settlements.count - settled <= 1)
        var change = run.machine.phase == phase ? "same" : run.machine.phase.rawValue
        if change == "same", run.machine.keptBytes != kept { change = "keeps \(run.machine.keptBytes) for \(kept)" }
        if change == "same", run.machine.nextDeadline != deadline, run.now == instant(0) {
            change = "waits until \(run.machine.nextDeadline.map { "\(($0 - .origin).components.seconds)" } ?? "ever")"
        }
        return action == "nothing" && change == "same"
            ? nil : "\(situation.name) | \(event.name) | \(action) | \(change)"
    }

    @Test func `does at every event in every situation what the table says`() {
        let lines = Self.situations.flatMap { situation in Self.events.compactMap { line(situation, $0) } }
        #expect(lines.joined(separator: "\n") == EscalationTable.hub)
    }

    @Test func `is settled once on every way through three events`() {
        let events = Self.events
        for situation in Self.situations {
            for first in events {
                for second in events {
                    for third in events {
                        var run = HubRun()
                        situation.reach(&run)
                        for event in [first, second, third] { _ = event.happen(&run) }
                        let names = [situation.name, first.name, second.name, third.name].joined(separator: ", ")
                        #expect(run.settlements.count <= 1, "\(names)")
                        let phase = run.machine.phase
                        let isSettled = [.settling, .ended, .over].contains(phase)
                        let wasReserved = phase != .reserving && phase != .forsaken
                        // What has run is settled when it runs no more; what was never reserved is not.
                        if phase == .running { #expect(run.settlements.isEmpty, "\(names)") }
                        if isSettled, situation.name.hasPrefix("running") || situation.name.hasPrefix("settling") {
                            #expect(run.settlements.count == 1, "\(names)")
                        }
                        if !wasReserved { #expect(run.settlements.isEmpty, "\(names)") }
                    }
                }
            }
        }
    }

    @Test func `says what was said, and its end after it is settled`() throws {
        var run = HubRun()
        Self.begin(&run)
        run.note(run.machine.eventArrived(.usage(.sample), now: run.now))
        run.note(run.machine.eventArrived(.ended(.maximumTokens), now: run.now))
        let words = run.flush()
        #expect(words.length == nil)
        run.note(run.machine.settled(cost: Money(nanodollars: 7), now: run.now))
        let rest = run.flush()
        #expect(rest.length == UInt64(words.bytes.count + rest.bytes.count))
        var decoder = AnswerDecoder()
        let end = AnswerEnd(reason: .maximumTokens, usage: .sample, cost: Money(nanodollars: 7))
        #expect(
            try decoder.take(words.bytes + rest.bytes) == [
                .opened(77), .event(.started(ChatStart(id: "a", model: "m"))), .event(.text("eight by")),
                .event(.usage(.sample)),
                .ended(end),
            ]
        )
        #expect(run.settlements == [.book(.complete, .sample)])
    }

    @Test func `whoever settles counts for the end that is said`() throws {
        let other = ChatUsage(inputTokens: 1, outputTokens: 2, isEstimated: true)
        var settling = HubRun()
        Self.begin(&settling)
        settling.note(settling.machine.eventArrived(.ended(.endOfTurn), now: settling.now))
        settling.note(settling.machine.settled(usage: other, cost: .zero, now: settling.now))
        let last = try settling.items().last
        #expect(last == .ended(AnswerEnd(reason: .endOfTurn, usage: other, cost: .zero)))
    }

    @Test func `a stream that follows another begins where the edge is`() {
        var run = HubRun()
        Self.begin(&run)
        let all = run.flush().bytes
        for offset in 0...UInt64(all.count) {
            #expect(
                run.machine.attached(2, offset: offset, answer: 77, question: nil, now: run.now)
                    == .begin(instead: offset == 0 ? 1 : 2)
            )
            #expect(run.flush().bytes == Array(all[Int(offset)...]))
        }
        // What has been acknowledged is not said again, and what has not been said cannot have come.
        run.note(run.machine.acknowledged(2, offset: 5, now: run.now))
        #expect(run.machine.attached(3, offset: 4, answer: 77, question: nil, now: run.now) == .refuse(.offsetRefused))
        #expect(run.machine.attached(3, offset: 5, answer: 77, question: nil, now: run.now) == .begin(instead: 2))
        let behind = UInt64(all.count) + 1
        #expect(
            run.machine.attached(4, offset: behind, answer: 77, question: nil, now: run.now) == .refuse(.offsetRefused)
        )
        // An older stream says nothing that counts.
        run.machine.streamOver(2, now: run.now)
        #expect(run.flush().bytes == Array(all[5...]))
        let kept = run.machine.keptBytes
        #expect(run.machine.acknowledged(2, offset: 9, now: run.now) == .none)
        #expect(run.machine.keptBytes == kept)
    }

    @Test func `is not read far ahead of a stream that takes it slowly, and goes on without one`() {
        var run = HubRun()
        Self.begin(&run)
        let fill = { (run: inout HubRun) in
            while run.machine.wantsEvents {
                run.note(run.machine.eventArrived(.text(String(repeating: "x", count: 90)), now: run.now))
            }
        }
        let ahead = Int(Limits.Escalation.aheadBytes)
        fill(&run)
        let kept = run.machine.keptBytes
        #expect((ahead..<ahead + 200).contains(kept))
        // Each piece that the stream takes makes room for as much.
        _ = run.machine.nextOutput()
        fill(&run)
        let more = run.machine.keptBytes - kept
        #expect((Limits.Escalation.chunkBytes - 200..<Limits.Escalation.chunkBytes + 200).contains(more))
        // An edge that is cut off finds the rest when it comes again.
        run.machine.streamOver(1, now: run.now)
        fill(&run)
        #expect(run.machine.keptBytes >= Limits.Escalation.windowBytes)
    }

    @Test func `keeps a bounded number of bytes, and then the engine waits`() {
        var run = HubRun(windowBytes: 1_000)
        Self.begin(&run)
        var events = 0
        while run.machine.wantsEvents {
            run.note(run.machine.eventArrived(.text(String(repeating: "x", count: 90)), now: run.now))
            events += 1
        }
        #expect(events < 12 && run.machine.keptBytes < 1_000 + 100)
        run.flush()
        run.note(run.machine.acknowledged(1, offset: 500, now: run.now))
        let wantsEvents = run.machine.wantsEvents
        #expect(wantsEvents)
        #expect(EscalationConfiguration().windowBytes == Limits.Escalation.windowBytes)
        var chunks: [Int] = []
        run.note(
            run.machine.eventArrived(
                .text(String(repeating: "x", count: 3 * Limits.Escalation.chunkBytes)),
                now: run.now
            )
        )
        while case .chunk(let chunk)? = run.machine.nextOutput() { chunks.append(chunk.bytes.count) }
        #expect(chunks.max() == Limits.Escalation.chunkBytes)
    }

    @Test func `an answer with too many bytes is broken off and settled`() {
        var run = HubRun()
        Self.begin(&run)
        let words = String(repeating: "x", count: 1_024 * 1_024)
        var events = 0
        while run.machine.phase == .running, events < 100 {
            run.note(run.machine.eventArrived(.text(words), now: run.now))
            run.flush()
            run.note(run.machine.acknowledged(1, offset: UInt64(events) * 1_024 * 1_024, now: run.now))
            events += 1
        }
        #expect(events == Int(Limits.Escalation.maximumAnswerBytes) / 1_024 / 1_024)
        #expect(run.settlements.count == 1)
        var sealed = HubRun()
        Self.begin(&sealed)
        let seal = String(repeating: "z", count: Limits.Escalation.maximumItemBytes + 1)
        sealed.note(sealed.machine.eventArrived(.thinkingSealed(seal), now: sealed.now))
        #expect(sealed.machine.phase == .settling)
    }

    @Test func `waits so long and no longer`() {
        var run = HubRun()
        #expect(run.machine.nextDeadline == .origin + Limits.Escalation.patience)
        run.machine.streamOver(1, now: instant(5))
        #expect(run.machine.nextDeadline == instant(5) + Limits.Escalation.orphanPatience)
        Self.begin(&run)
        run.now = instant(20)
        run.note(run.machine.eventArrived(.ended(.endOfTurn), now: run.now))
        #expect(run.machine.nextDeadline == instant(20) + Limits.Escalation.settlePatience)
        run.note(run.machine.settled(cost: nil, now: run.now))
        #expect(run.machine.nextDeadline == instant(20) + Limits.Escalation.keptPatience)
        let late = EscalationStateMachine(
            question: HubRun.digest,
            answer: 1,
            promptTokens: 1,
            timeLeft: .seconds(1_000_000),
            now: instant(0)
        )
        let deadline = late.nextDeadline
        #expect(deadline == .origin + Limits.Escalation.orphanPatience)
    }

    @Test func `who leaves pays for what was said, by count or by estimate`() {
        var run = HubRun()
        Self.begin(&run)
        run.note(run.machine.eventArrived(.usage(ChatUsage(inputTokens: 9, outputTokens: 1)), now: run.now))
        run.note(run.machine.eventArrived(.text(String(repeating: "x", count: 392)), now: run.now))
        run.note(run.machine.cancelled(now: run.now))
        #expect(
            run.settlements == [.book(.clientLeft, ChatUsage(inputTokens: 9, outputTokens: 100, isEstimated: true))]
        )
    }
}
