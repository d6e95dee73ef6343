internal import MeshActors
package import MeshCheck
internal import MeshCore
package import MeshTestKit

/// Everything that left a node or reached a store, in order, under the eyes of all checkers.
///
/// Checkers run inside ``record(_:)``: the first broken promise is kept with the time at which it was broken.
package final class History: Sendable {
    private struct State {
        var checkers: [any Checker]
        var violation: Violation?
        var eventCount = 0
        var mirrors: [ActorAddress: AccountMirror] = [:]
    }

    private let trace: Trace
    private let broken = Beacon()
    private let state: Lock<State>

    /// A history without events, watched by one checker of each sort.
    ///
    /// Where several hubs share a store, an owner may be taken over without knowing it, and some promises are weaker.
    package init(trace: Trace, isShared: Bool) {
        self.trace = trace
        let checkers: [any Checker] = [
            SingleWriterChecker(), CommandOnceChecker(), OutputGateChecker(ownersMayBeStale: isShared),
            DurabilityChecker(), BalanceChecker(isShared ? .any : .durable),
        ]
        state = Lock(State(checkers: checkers))
    }

    /// The first promise that was broken.
    package var violation: Violation? { state.withLock { $0.violation } }

    /// How many events there were.
    package var eventCount: Int { state.withLock { $0.eventCount } }

    /// Takes `event` in and checks it at once.
    package func record(_ event: HistoryEvent) {
        if case .found(let address, let entries, _, _) = event { surface(entries, of: address) }
        trace.note(event.line)
        let isNew = state.withLock { state in
            state.eventCount += 1
            if let append = event.durable {
                for entry in append.entries { _ = state.mirrors[append.address, default: AccountMirror()].add(entry) }
            }
            guard state.violation == nil else { return false }
            for index in state.checkers.indices {
                do throws(Violation) {
                    try state.checkers[index].observe(event)
                } catch {
                    state.violation = error
                    return true
                }
            }
            return false
        }
        if isNew { broken.light() }
    }

    /// An append that was under way at a power cut may be there although nobody was told: it counts from then on.
    private func surface(_ entries: [PlacedEntry], of address: ActorAddress) {
        let known = head(of: address)
        for placed in entries where placed.head > known {
            let append = JournalAppend(
                address: address,
                epoch: placed.epoch,
                head: Head(rawValue: placed.head.rawValue - 1),
                wallTime: placed.wallTime,
                entries: [placed.entry],
                wake: nil
            )
            record(.surfaced(append))
        }
    }

    /// Adds a promise that the world itself saw broken.
    package func fail(_ violation: Violation) {
        state.withLock { $0.violation = $0.violation ?? violation }
        broken.light()
    }

    /// A store calls something corrupt: it may do so while the disk is damaged, and at no other time.
    ///
    /// The other half, that damage is never served, is what all other checkers watch: to them a disk that is damaged is
    /// as good as any. When the good copy is back, everything that was durable must be there again.
    func check(_ error: JournalError, isDamaged: Bool) {
        guard error.code == .corrupt, !isDamaged else { return }
        fail(Violation("corruption", "the disk is as it was written, and the store says: \(error.message)"))
    }

    /// How many entries of `address` are known.
    func head(of address: ActorAddress) -> Head { state.withLock { $0.mirrors[address]?.head ?? .none } }

    /// The actors of which an entry is durable, in their order.
    var writtenActors: [ActorAddress] {
        state.withLock { $0.mirrors.filter { $0.value.head > .none }.keys.sorted() }
    }

    /// A payment that is not known to be made, or an alarm that should have rung by `wallTime`.
    func openWork(at wallTime: WallTime) -> String? {
        let mirrors = state.withLock { $0.mirrors }.sorted { $0.key < $1.key }
        for (address, mirror) in mirrors {
            if let place = mirror.firstOpenPayment {
                return "\(address) has not settled the payment of \(place.rawValue)"
            }
            if let alarm = mirror.alarm, alarm <= wallTime { return "\(address) has not rung at \(alarm)" }
        }
        return nil
    }

    /// Returns as soon as a promise is broken, or when the task is cancelled.
    package func untilBroken() async { await broken.wait() }
}

extension HistoryEvent {
    /// One line for the trace.
    var line: String {
        switch self {
        case .claimed(let address, let epoch, let owner):
            "\(address) claimed in \(epoch.rawValue) by \(owner.node).\(owner.incarnation)"
        case .committed(let append):
            "\(append.address) committed \(append.head.rawValue)+\(append.entries.count) in \(append.epoch.rawValue)"
        case .attempted(let append): "\(append.address) attempts \(append.head.rawValue)+\(append.entries.count)"
        case .denied(let append): "\(append.address) denies \(append.head.rawValue)+\(append.entries.count)"
        case .surfaced(let append): "\(append.address) surfaces \(append.head.rawValue)+\(append.entries.count)"
        case .snapshotSaved(let address, let snapshot): "\(address) snapshot at \(snapshot.head.rawValue)"
        case .handedOut(let address, let snapshot, let entries):
            "\(address) handed out: \(snapshot == nil ? "no snapshot" : "a snapshot"), \(entries.count) entries"
        case .issued(let command, let address, let ask): "\(address) asked \(ask) as \(command.tail)"
        case .answered(let command, let address, let answer): "\(address) answered \(command.tail) with \(answer)"
        case .unknown(let command, let address, let why): "\(address) left \(command.tail) open: \(why)"
        case .effectAsked(_, let key, let amount): "the world is asked to pay \(amount) for \(key)"
        case .found(let address, let entries, let snapshot, let head):
            "\(address) found at \(head.rawValue): snapshot \(snapshot.rawValue), \(entries.count) entries"
        }
    }
}
