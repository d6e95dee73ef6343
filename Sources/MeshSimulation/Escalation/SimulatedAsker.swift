internal import MeshActors
internal import MeshChat
internal import MeshCore
internal import MeshEscalation
internal import MeshTestKit

/// Somebody who asks, reads, perhaps leaves, and asks again where the edge has begun anew.
struct SimulatedAsker: Sendable {
    /// What was heard, for those who listen and those who decide to leave.
    private final class Ear: Sendable {
        struct Heard {
            var text = ""
            var pieces = 0
            var hasEnded = false
            var hasLeft = false
            var answer: HeardAnswer?
        }

        let heard = Lock(Heard())
        let leaves = Signal()
    }

    private enum Step: Sendable {
        case heard(EscalationFailure?)
        case timeToLeave
    }

    let ask: PlannedAsk
    let edge: SimulatedAskingEdge
    let network: AnswerNetwork
    let account: SimulatedAccount

    private var history: EscalationHistory { network.history }
    private var clock: VirtualClock { network.clock }

    func run() async {
        guard await pass(ask.start) else { return }
        while !Task.isCancelled {
            let life = edge.life
            let deadline = clock.now + ask.patience
            history.asks(ask, as: network.call(of: ask), until: deadline)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await read(in: life, until: deadline) }
                group.addTask { _ = try? await life.over.wait() }
                await group.next()
                group.cancelAll()
            }
            history.gone(ask, life.isAlive ? "is done" : "is no more")
            guard !life.isAlive, await pass(.milliseconds(300)) else { return }
        }
    }

    /// Reads to the end, to an error, or until it leaves; in a life that is over, nothing that was told counts.
    private func read(in life: SimulatedAskingEdge.Life, until deadline: Instant) async {
        let ear = Ear()
        let failure = await withTaskGroup(of: Step.self) { group in
            group.addTask { .heard(await listen(ear, life, deadline)) }
            if ask.leaving != nil {
                group.addTask {
                    await ear.leaves.wait(until: clock.now + ask.leavesAfter.time, on: clock)
                    return .timeToLeave
                }
            }
            var failure: EscalationFailure?
            while let step = await group.next() {
                switch step {
                case .heard(let told):
                    failure = told
                    group.cancelAll()
                case .timeToLeave:
                    guard !Task.isCancelled, leave(ear) else { continue }
                    group.cancelAll()
                }
            }
            return failure
        }
        guard life.isAlive, !Task.isCancelled else { return }
        let heard = ear.heard.withLock { heard in
            defer { heard.answer = nil }
            return (heard.text, heard.hasEnded, heard.hasLeft)
        }
        if heard.2 { history.left(ask) }
        guard heard.1 || failure != nil else {
            if !heard.2 { history.fail("neither", "asker \(ask.number) has neither an end nor an error") }
            return
        }
        if heard.1, failure != nil { history.fail("both", "asker \(ask.number) has an end and an error") }
        history.told(ask, heard.0, failure?.chatCode, failure?.message ?? "", hasLeft: heard.2)
        if heard.1, !network.plan.faults.contains(.account), !account.isComplete(network.call(of: ask)) {
            history.fail("settled", "asker \(ask.number) has the end of what is not settled")
        }
    }

    /// True where whoever reads shall be cancelled.
    private func leave(_ ear: Ear) -> Bool {
        let answer = ear.heard.withLock { heard in
            heard.hasLeft = true
            return heard.answer
        }
        history.note("asker \(ask.number) leaves")
        guard ask.leaving == .cancels, let answer else { return true }
        answer.cancel()
        return false
    }

    private func listen(
        _ ear: Ear,
        _ life: SimulatedAskingEdge.Life,
        _ deadline: Instant
    ) async -> EscalationFailure? {
        do throws(EscalationFailure) {
            let answer = try await inTime(deadline) { () async throws(EscalationFailure) in
                try await edge.answer(to: ask, in: life, until: deadline)
            }
            ear.heard.withLock { $0.answer = answer }
            do throws(EscalationFailure) {
                while try await hear(answer, ear, deadline) {}
                return nil
            } catch {
                // Behind an error comes nothing but the same.
                if let more = (try? await answer.next()) ?? nil {
                    history.fail("end", "asker \(ask.number) is told \(more.utf8.count) bytes behind an error")
                }
                return error
            }
        } catch { return error }
    }

    private func hear(_ answer: HeardAnswer, _ ear: Ear, _ deadline: Instant) async throws(EscalationFailure) -> Bool {
        let piece = try await inTime(deadline) { () async throws(EscalationFailure) in try await answer.next() }
        let (count, isBehind) = ear.heard.withLock { heard in
            let isBehind = heard.hasEnded && piece != nil
            heard.text += piece ?? ""
            heard.pieces += 1
            if piece?.isEmpty == true { heard.hasEnded = true }
            return (heard.pieces, isBehind)
        }
        if isBehind { history.fail("end", "asker \(ask.number) is told more behind the end") }
        guard piece != nil else { return false }
        if ask.leaving != nil, count == ask.leavesAfter.pieces {
            ear.leaves.raise()
            if ask.leaving == .letsGo {
                ear.heard.withLock { ($0.hasLeft, $0.answer) = (true, nil) }
                return false
            }
        }
        if ask.pause > .zero, count <= Limits.EscalationWorld.slowPieces { _ = await pass(ask.pause) }
        return true
    }

    /// What an asker wants to know it is told until its deadline, or not long after.
    private func inTime<Value>(
        _ deadline: Instant,
        _ work: () async throws(EscalationFailure) -> Value
    ) async throws(EscalationFailure) -> Value {
        let latest = max(clock.now, deadline) + Limits.EscalationWorld.lateness
        defer {
            if clock.now > latest { history.fail("late", "asker \(ask.number) is told \(clock.now - latest) too late") }
        }
        return try await work()
    }

    private func pass(_ pause: Duration) async -> Bool { (try? await clock.sleep(for: pause)) != nil }
}
