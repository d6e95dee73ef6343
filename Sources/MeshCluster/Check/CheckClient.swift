internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshNode

/// Somebody who asks accounts for things over an edge's tunnel, asks again when in doubt, and now and then twice.
///
/// It lives in the cluster's own process, so that what it has seen survives whatever befalls the nodes.
struct CheckClient: Sendable {
    let edge: Edge
    let accounts: Int
    let clock: any Clock
    let notes: CheckNotes

    /// Works until `end`, and then only until nothing is open any more, or `patience` is over.
    func work(until end: Instant, patience: Duration, _ generator: SeededGenerator) async {
        var generator = generator
        while clock.now < end, !Task.isCancelled, !notes.isFull {
            let key = "account-\(generator.integer(in: 1...accounts))"
            let command = CommandID(at: clock.wallTime, using: &generator)
            let ask = Self.drawAsk(&generator)
            let isDone = await pursue(key, ask, as: command, until: end + patience)
            if isDone, generator.chance(1, in: 8) { _ = await pursue(key, ask, as: command, until: end + patience) }
            let thought = Duration.milliseconds(generator.integer(in: 1...40))
            try? await clock.sleep(for: thought)
        }
    }

    /// Asks every account what is in it; false where one did not say.
    func askBalances(until end: Instant, _ generator: SeededGenerator) async -> Bool {
        var generator = generator
        for number in 1...accounts {
            let command = CommandID(at: clock.wallTime, using: &generator)
            guard await pursue("account-\(number)", .balance, as: command, until: end) else { return false }
        }
        return true
    }

    /// Asks until there is an answer; true where the command was done.
    private func pursue(_ key: String, _ ask: HistoryEvent.Ask, as command: CommandID, until end: Instant) async -> Bool
    {
        guard let address = try? ActorAddress(SampleAccount.kind, key) else { return false }
        while !Task.isCancelled, clock.now < end {
            notes.add(.issued(command, address, ask))
            switch await outcome(key, ask, as: command, until: min(end, clock.now + .seconds(5))) {
            case .success(let answer):
                notes.add(.answered(command, address, answer))
                if case .refused = answer { return false }
                return true
            case .failure(let open): notes.add(.unknown(command, address, open.reason))
            }
            try? await clock.sleep(for: .milliseconds(100))
        }
        return false
    }

    private struct Open: Error {
        let reason: String
    }

    private func outcome(
        _ key: String,
        _ ask: HistoryEvent.Ask,
        as command: CommandID,
        until deadline: Instant
    ) async -> Result<HistoryEvent.Answer, Open> {
        guard let account = try? edge.node.actor(SampleAccount.self, key) else {
            return .failure(Open(reason: "no kind"))
        }
        switch ask {
        case .deposit(let amount):
            return await done(account, SampleAccount.Deposit(amount: amount), command, deadline)
        case .withdraw(let amount):
            return await done(account, SampleAccount.Withdraw(amount: amount), command, deadline, refusing: amount)
        case .send(let amount):
            let transfer = SampleAccount.Transfer(amount: amount, to: "the world")
            return await done(account, transfer, command, deadline, refusing: amount)
        case .balance, .alarm:
            let answer = await done(account, SampleAccount.Balance(), command, deadline)
            guard case .success(.done(let balance)) = answer else { return answer }
            return .success(.balance(balance))
        }
    }

    private func done<C: Command<SampleAccount>>(
        _ account: ActorReference<JournaledActor<SampleAccount>>,
        _ command: C,
        _ id: CommandID,
        _ deadline: Instant,
        refusing amount: Int64 = 0
    ) async -> Result<HistoryEvent.Answer, Open> where C.Reply == Int64 {
        do throws(CallFailure<C.Refusal>) {
            return .success(.done(try await account.call(command, id: id, deadline: deadline)))
        } catch {
            switch error {
            case .refused: return .success(.refused(amount))
            case .overloaded: return .failure(Open(reason: "overloaded"))
            case .failed(let error): return .failure(Open(reason: error.code.rawValue))
            }
        }
    }

    private static func drawAsk(_ generator: inout SeededGenerator) -> HistoryEvent.Ask {
        switch generator.integer(below: 20) {
        case 0..<7: .deposit(Int64(generator.integer(in: 1...100)))
        case 7..<13: .withdraw(Int64(generator.integer(in: 1...100)))
        case 13..<16: .send(Int64(generator.integer(in: 1...50)))
        default: .balance
        }
    }
}
