import MeshActors
import MeshCheck
import MeshCore
import MeshSimulation
import MeshTestKit
import MeshWire
import Testing

@Suite struct `The checkers` {
    private let address: ActorAddress
    private let owner: Owner

    init() throws {
        address = try ActorAddress(SampleAccount.kind, "a")
        owner = Owner(node: try NodeID("hub-1"), incarnation: 1)
    }

    @Test func `find nothing wrong with a history that is right`() {
        let violation = broken { history in
            history.record(.claimed(address, epoch(1), owner))
            history.record(.issued(id(1), address, .deposit(5)))
            history.record(.committed(append(1, at: 0, 1, .deposited(5))))
            history.record(.answered(id(1), address, .done(5)))
            history.record(.answered(id(2), address, .balance(5)))
            history.record(.committed(append(1, at: 1, 3, .transferBegun(2, recipient: "b"))))
            history.record(.effectAsked(address, key: "sample-account/a/2/0", amount: 2))
        }
        #expect(violation == nil)
    }

    @Test func `see two owners in one epoch, and an old owner who writes`() {
        let twice = broken { history in
            history.record(.claimed(address, epoch(1), owner))
            history.record(.claimed(address, epoch(1), owner))
        }
        let old = broken { history in
            history.record(.claimed(address, epoch(1), owner))
            history.record(.claimed(address, epoch(2), owner))
            history.record(.committed(append(1, at: 0, 1, .deposited(5))))
        }
        #expect(twice == "single-writer" && old == "single-writer")
    }

    @Test func `see a command that happens twice, and one that is answered in two ways`() {
        let happened = broken { history in
            history.record(.claimed(address, epoch(1), owner))
            history.record(.committed(append(1, at: 0, 1, .deposited(5))))
            history.record(.committed(append(1, at: 1, 1, .deposited(5))))
        }
        #expect(happened == "command-once")
        let answered = broken { history in
            history.record(.claimed(address, epoch(1), owner))
            history.record(.committed(append(1, at: 0, 1, .deposited(5))))
            history.record(.answered(id(1), address, .done(5)))
            history.record(.answered(id(1), address, .done(6)))
        }
        #expect(answered == "command-once")
    }

    @Test func `see a command that happens after its only caller was told no`() {
        func history(_ history: History, isOpen: Bool) {
            history.record(.claimed(address, epoch(1), owner))
            if isOpen { history.record(.unknown(id(1), address, "outcomeUnknown")) }
            history.record(.answered(id(1), address, .refused(5)))
            history.record(.committed(append(1, at: 0, 2, .deposited(5))))
            history.record(.committed(append(1, at: 1, 1, .withdrawn(5))))
        }
        #expect(broken { history($0, isOpen: false) } == "command-once")
        #expect(broken { history($0, isOpen: true) } == nil)
    }

    @Test func `see replies and effects that leave before their entry is durable`() {
        let reply = broken { $0.record(.answered(id(1), address, .done(5))) }
        let effect = broken { $0.record(.effectAsked(address, key: "sample-account/a/1/0", amount: 5)) }
        let again = broken { history in
            history.record(.claimed(address, epoch(1), owner))
            history.record(.committed(append(1, at: 0, 1, .deposited(5))))
            history.record(.committed(append(1, at: 1, 2, .transferBegun(5, recipient: "b"))))
            let transfer = EventPosition(head: Head(rawValue: 2), index: 0)
            history.record(.committed(append(1, at: 2, 3, .transferEnded(transfer))))
            history.record(.effectAsked(address, key: "sample-account/a/2/0", amount: 5))
        }
        #expect(reply == "output-gate" && effect == "output-gate" && again == "output-gate")
    }

    @Test func `see balances that were never true, and refusals without a reason`() {
        let shown = broken { $0.record(.answered(id(1), address, .balance(7))) }
        let refused = broken { history in
            history.record(.claimed(address, epoch(1), owner))
            history.record(.committed(append(1, at: 0, 1, .deposited(5))))
            history.record(.issued(id(2), address, .withdraw(3)))
            history.record(.answered(id(2), address, .refused(3)))
        }
        #expect(shown == "balance" && refused == "balance")
    }

    @Test func `see what is lost, what has changed, and what comes from nowhere`() {
        let lost = broken { history in
            history.record(.claimed(address, epoch(1), owner))
            history.record(.committed(append(1, at: 0, 1, .deposited(5))))
            history.record(.found(address, entries: [], snapshotHead: .none, head: .none))
        }
        let changed = broken { history in
            history.record(.claimed(address, epoch(1), owner))
            history.record(.committed(append(1, at: 0, 1, .deposited(5))))
            history.record(found(append(1, at: 0, 1, .deposited(6))))
        }
        let foreign = broken { history in
            history.record(.claimed(address, epoch(1), owner))
            history.record(found(append(1, at: 0, 1, .deposited(6))))
        }
        #expect(lost == "durability" && changed == "durability" && foreign == "durability")
    }

    @Test func `see an actor that a store does not even list`() async throws {
        let history = History(trace: Trace(clock: VirtualClock()), isShared: false)
        history.record(.claimed(address, epoch(1), owner))
        try await Audit.record(VolatileJournal(), in: history)
        #expect(history.violation == nil)
        history.record(.committed(append(1, at: 0, 1, .deposited(5))))
        try await Audit.record(VolatileJournal(), in: history)
        #expect(history.violation?.checker == "durability")
    }

    @Test func `see a snapshot that is lost, in a store and in a claim`() {
        let (early, late) = (Snapshot(head: .none, bytes: [1]), Snapshot(head: Head(rawValue: 1), bytes: [2]))
        func saved(_ history: History) {
            history.record(.claimed(address, epoch(1), owner))
            history.record(.committed(append(1, at: 0, 1, .deposited(5))))
            history.record(.snapshotSaved(address, late))
            history.record(.snapshotSaved(address, early))
            history.record(.handedOut(address, snapshot: nil, entries: []))
        }
        let found = broken { history in
            saved(history)
            history.record(self.found(append(1, at: 0, 1, .deposited(5))))
        }
        let claimed = broken { history in
            saved(history)
            history.record(.claimed(address, epoch(2), owner))
            history.record(.handedOut(address, snapshot: early, entries: []))
        }
        let changed = broken { history in
            saved(history)
            history.record(.claimed(address, epoch(2), owner))
            let other = Snapshot(head: late.head, bytes: [3])
            history.record(.handedOut(address, snapshot: other, entries: []))
        }
        let whole = broken { history in
            saved(history)
            history.record(.claimed(address, epoch(2), owner))
            history.record(.handedOut(address, snapshot: late, entries: []))
        }
        #expect(found == "durability" && claimed == "durability" && changed == "durability" && whole == nil)
    }

    @Test func `let an append surface whose end nobody knew`() {
        let violation = broken { history in
            let open = append(1, at: 0, 1, .deposited(6))
            history.record(.claimed(address, epoch(1), owner))
            history.record(.attempted(open))
            history.record(found(open))
            history.record(.answered(id(1), address, .done(6)))
        }
        #expect(violation == nil)
    }

    /// The checker that finds fault with what `events` records.
    private func broken(_ events: (History) -> Void) -> String? {
        let history = History(trace: Trace(clock: VirtualClock()), isShared: false)
        events(history)
        return history.violation?.checker
    }

    private func epoch(_ number: UInt64) -> Epoch { Epoch(rawValue: number) }

    private func id(_ number: UInt64) -> CommandID {
        var generator = SeededGenerator(seed: number)
        return CommandID(at: VirtualClock.firstWallTime, using: &generator)
    }

    private func append(
        _ epoch: UInt64,
        at head: UInt64,
        _ command: UInt64,
        _ event: SampleAccount.Event
    ) -> JournalAppend {
        let entry = JournalEntry(command: id(command), events: [event.wireBytes], answer: [])
        return JournalAppend(
            address: address,
            epoch: Epoch(rawValue: epoch),
            head: Head(rawValue: head),
            wallTime: VirtualClock.firstWallTime,
            entries: [entry],
            wake: nil
        )
    }

    private func found(_ append: JournalAppend) -> HistoryEvent {
        let head = append.head.advanced(by: 1)
        let placed = PlacedEntry(
            head: head,
            epoch: append.epoch,
            wallTime: append.wallTime,
            entry: append.entries[0]
        )
        return .found(address, entries: [placed], snapshotHead: .none, head: head)
    }
}
