internal import MeshActors
internal import MeshCheck
internal import MeshCore
internal import MeshTestKit

/// Hubs that leave in good order one after the other and come back, without any other fault, while clients go on.
///
/// Promised is that a hub hands over in time, that it then owns nothing any more, and that no call is lost on its way
/// from one owner to the next: each ends with an answer or with a word that says why not, long before its deadline.
struct HandOver: Sendable {
    let plan: WorldPlan
    let clock: VirtualClock
    let nodes: [SimulatedNode]
    let history: History
    let client: SimulatedClient

    func run(_ generator: SeededGenerator) async {
        var generator = generator
        let isOver = Lock(false)
        await withTaskGroup(of: Void.self) { group in
            for node in nodes {
                let own = generator.split()
                group.addTask { await ask(through: node, own, until: isOver) }
            }
            for hub in nodes where plan.hubs.contains(hub.id.text) {
                let downTime = Duration.milliseconds(generator.integer(in: 100...1_500))
                let isInTime = await hub.drain(downFor: downTime) { owner, journal in
                    await inspect(owner, journal)
                }
                if !isInTime { history.fail(Violation("hand-over", "\(hub.id) does not come to an end")) }
                do throws(CancellationError) { try await clock.sleep(for: downTime + Self.settling) } catch { break }
            }
            // Calls that are under way come to their own end.
            isOver.withLock { $0 = true }
        }
    }

    /// Nothing may belong to `owner` any more: somebody else must find every account free, or another's.
    private func inspect(_ owner: Owner, _ journal: any Journal) async {
        guard let name = try? NodeID("inspector") else { return }
        for number in 1...plan.accountCount {
            guard let address = try? ActorAddress(SampleAccount.kind, "account-\(number)") else { continue }
            do throws(JournalError) {
                let claim = try await journal.claim(address, for: Owner(node: name, incarnation: 1), .ifFree)
                try await journal.release(address, claim.epoch)
            } catch {
                guard (error.cause as? HeldElsewhere)?.owner == owner else { continue }
                history.fail(Violation("hand-over", "\(owner.node) has handed over and still owns \(address)"))
            }
        }
    }

    private func ask(through node: SimulatedNode, _ generator: SeededGenerator, until isOver: Lock<Bool>) async {
        var generator = generator
        while !Task.isCancelled, !isOver.withLock({ $0 }) {
            let pause = Duration.milliseconds(generator.integer(in: 50...300))
            do throws(CancellationError) { try await clock.sleep(for: pause) } catch { return }
            let command = CommandID(at: clock.wallTime, using: &generator)
            let key = "account-\(generator.integer(in: 1...plan.accountCount))"
            let outcome = await client.outcome(key, .balance, as: command, through: node, patience: Self.patience)
            guard !Task.isCancelled, case .open(let why) = outcome, Self.lost.contains(why) else { continue }
            let waited = Self.patience.shortText
            history.fail(Violation("hand-over", "\(command.tail) for \(key) through \(node.id) is lost for \(waited)"))
        }
    }

    /// What a caller is told whose call nobody answers.
    private static let lost = [ActorErrorCode.deadlineExceeded.rawValue, "late"]

    /// How long a call may take, and far longer than one takes.
    private static let patience = Duration.seconds(30)

    /// How long the others are given to find a hub that has come back.
    private static let settling = Duration.milliseconds(1_500)
}
