package import MeshCore
internal import MeshWire

/// Decides commands on one value while its previous events are being journaled.
///
/// Pure.
///
///     ready ──beginAppend──▶ appending ──appendSucceeded──▶ ready
///       │                        │ appendFailed
///       │ close                  ▼
///       ▼                      failed(why): the value is ahead of the journal; nothing is answered any more
///     closing: what was decided is still appended, nothing new is decided but completions of effects
///
/// Commands that come during an append are decided on the value as it will be, and form the next append. Replies,
/// refusals and answers to queries leave with the last append they may depend on.
package struct CommitPipeline<Value: Journaled>: ~Copyable {
    private var phase = CommitPhase.ready
    /// What becomes true with the append that is under way.
    private var flight = Commit(effects: [], snapshot: nil)
    private var waiting: [JournalEntry] = []
    private var waitingBytes = 0
    private var answers: RememberedAnswers
    private var durableHead: Head
    private var snapshotHead: Head
    private var snapshotFailures = 0
    /// Behind which head the next snapshot is due.
    private var snapshotDue: Head
    private let held: HeldValue<Value>

    /// Whether ``close()`` has been called.
    package private(set) var isClosed = false

    /// The value as it will be once everything decided is durable.
    package var value: Value { held.value }

    /// What value and remembered answers take, and what that has cost.
    package var weight: PipelineWeight {
        PipelineWeight(
            bytes: held.value.approximateBytes + answers.bytes,
            answersForgotten: answers.forgottenEarly
        )
    }

    /// Whose value.
    package let address: ActorAddress

    /// The ownership in whose name is appended.
    package let epoch: Epoch

    /// The pipeline of an actor that has been read up to its head.
    package init(_ replayed: consuming ReplayedActor<Value>) {
        address = replayed.address
        epoch = replayed.epoch
        durableHead = replayed.head
        snapshotHead = replayed.snapshotHead
        snapshotDue = replayed.snapshotHead
        answers = replayed.answers
        held = HeldValue(replayed.value)
        snapshotDue = snapshotHead.advanced(by: snapshotInterval)
    }

    // MARK: Deciding

    /// Decides `command` and returns the reply or throws; `release` then says when either may leave.
    ///
    /// A refusal is a decision; any other failure says that nothing was decided. Without `id` the command gets one of
    /// `generator` if it changes anything, and the caller is told.
    ///
    /// A struct of answer and release would say it better, but its generic metadata would be looked up in every call;
    /// inlined, it shares the look-ups of its caller.
    @inline(__always)
    package mutating func decide<C: Command>(
        _ command: C,
        id: inout CommandID?,
        by clock: any Clock,
        using generator: inout SeededGenerator,
        _ release: inout Release
    ) throws(CallFailure<C.Refusal>) -> C.Reply where C.Target == Value {
        release = .atOnce
        guard !hasFailed, !isClosed || id?.isCompletion ?? false else {
            throw .failed(ActorError(.moved, "\(address) is leaving"))
        }
        if let id, let answer = answers[id] {
            let reply = try repeated(answer, to: command)
            release = lastRelease
            return reply
        }
        var turn = Turn<Value>(clock: clock)
        let reply: C.Reply
        do throws(C.Refusal) {
            reply = try command.decide(held.value, &turn)
        } catch {
            release = lastRelease
            #if PLANTED_BUGS
            if PlantedBug.refuseEarly.isOn { release = .atOnce }
            #endif
            throw .refused(error)
        }
        if turn.isEmpty {
            release = lastRelease
            #if PLANTED_BUGS
            if PlantedBug.showEarly.isOn { release = .atOnce }
            #endif
            return reply
        }
        let wallTime = turn.wallTime
        let known = id ?? CommandID(at: wallTime, using: &generator)
        try accept(known, turn.events, TaggedAnswer.bytes(reply, to: C.self), wallTime, C.Refusal.self)
        id = known
        release = .withNextAppend
        #if PLANTED_BUGS
        if PlantedBug.replyBeforeCommit.isOn { release = .atOnce }
        #endif
        return reply
    }

    private func repeated<C: Command>(_ answer: [UInt8], to command: C) throws(CallFailure<C.Refusal>) -> C.Reply {
        let reply: C.Reply?
        do throws(WireError) {
            reply = try TaggedAnswer.reply(in: answer, to: C.self)
        } catch {
            throw .failed(ActorError(.corrupt, "an answer of \(address) cannot be read", cause: error))
        }
        guard let reply else {
            throw .failed(ActorError(.commandMismatch, "the id belongs to another command of \(address)"))
        }
        return reply
    }

    private mutating func accept<Refusal>(
        _ command: CommandID,
        _ events: [Value.Event],
        _ answer: [UInt8],
        _ wallTime: WallTime,
        _: Refusal.Type
    ) throws(CallFailure<Refusal>) {
        let entry = JournalEntry(command: command, events: events.map { $0.wireBytes }, answer: answer)
        if let objection = entry.objection {
            throw .failed(ActorError(.tooLarge, "a command of \(address) decides on too much", cause: objection))
        }
        let bytes = entry.byteCount
        guard waiting.count < Limits.Journal.maximumEntries,
            waitingBytes + bytes <= Limits.Journal.maximumAppendBytes
        else { throw .overloaded(retryAfter: Limits.Hosting.retryAfter) }
        let head = decidedHead.advanced(by: 1)
        for index in events.indices { held.apply(events[index], at: EventPosition(head: head, index: index)) }
        answers.remember(command, answer, at: wallTime)
        waiting.append(entry)
        waitingBytes += bytes
    }

    private var lastRelease: Release {
        guard waiting.isEmpty else { return .withNextAppend }
        return if case .appending = phase { .withCurrentAppend } else { .atOnce }
    }

    /// The head once everything decided is durable.
    package var decidedHead: Head {
        let flying = if case .appending(let entryCount) = phase { entryCount } else { 0 }
        return durableHead.advanced(by: flying + waiting.count)
    }

    // MARK: Appending

    /// What to append now; nil while an append is under way, or when nothing waits.
    package mutating func beginAppend(at wallTime: WallTime) -> JournalAppend? {
        guard case .ready = phase, !waiting.isEmpty else { return nil }
        let effects = value.pendingEffects
        let alarm = value.nextAlarm?.wallTime
        let head = durableHead.advanced(by: waiting.count)
        let append = JournalAppend(
            address: address,
            epoch: epoch,
            head: durableHead,
            wallTime: wallTime,
            entries: waiting,
            wake: effects.isEmpty ? alarm : alarm.map { min($0, wallTime) } ?? wallTime
        )
        var snapshot: UnsavedSnapshot<Value>?
        if head >= snapshotDue {
            snapshot = unsavedSnapshot(at: head)
            snapshotDue = head.advanced(by: snapshotInterval)
        }
        phase = .appending(entryCount: waiting.count)
        flight = Commit(effects: effects, snapshot: snapshot)
        waiting = []
        waitingBytes = 0
        return append
    }

    /// What a commit brings with it.
    package struct Commit {
        /// What is to be done in the world now.
        package let effects: [PendingEffect<Value.Effect>]
        /// What to save, if it is time for a snapshot.
        package let snapshot: UnsavedSnapshot<Value>?
    }

    /// The append is durable; nil when none was under way.
    package mutating func appendSucceeded() -> Commit? {
        guard case .appending(let entryCount) = phase else { return nil }
        phase = .ready
        durableHead = durableHead.advanced(by: entryCount)
        defer { flight = Commit(effects: [], snapshot: nil) }
        return flight
    }

    /// The append failed: nothing decided since is true, and nothing will be answered any more.
    package mutating func appendFailed(_ code: JournalErrorCode) {
        #if PLANTED_BUGS
        if PlantedBug.failedAppendStays.isOn {
            phase = .ready
            return
        }
        #endif
        phase = .failed(ActorErrorCode(ofAppend: code))
        waiting = []
        waitingBytes = 0
    }

    // MARK: Leaving

    /// Decides nothing from now on but completions: what has been done in the world would be done again without them.
    package mutating func close() { isClosed = true }

    /// Whether nothing is left to append.
    package var isQuiet: Bool {
        guard waiting.isEmpty else { return false }
        return if case .appending = phase { false } else { true }
    }

    /// Whether an append has failed.
    package var hasFailed: Bool { if case .failed = phase { true } else { false } }

    /// The snapshot of a quiet pipeline that has something new since its last one.
    package var finalSnapshot: UnsavedSnapshot<Value>? {
        guard isQuiet, !hasFailed, durableHead > snapshotHead else { return nil }
        #if PLANTED_BUGS
        if PlantedBug.snapshotTooEarly.isOn {
            return unsavedSnapshot(at: Head(rawValue: durableHead.rawValue - 1))
        }
        #endif
        return unsavedSnapshot(at: durableHead)
    }

    /// The snapshot at `head` has been saved.
    package mutating func snapshotSaved(_ head: Head) {
        snapshotHead = max(snapshotHead, head)
        snapshotFailures = 0
    }

    /// The snapshot at `head` could not be saved: the next one waits for twice as many entries as this one did.
    package mutating func snapshotFailed(_ head: Head) {
        snapshotFailures = min(snapshotFailures + 1, Limits.Hosting.maximumSnapshotDoublings)
        snapshotDue = head.advanced(by: snapshotInterval)
    }

    private var snapshotInterval: Int {
        max(Int(Limits.Hosting.entriesPerSnapshot), answers.count / 4) << snapshotFailures
    }

    private func unsavedSnapshot(at head: Head) -> UnsavedSnapshot<Value> {
        UnsavedSnapshot(head: head, ActorSnapshot(value: held.value, answers: answers))
    }
}

/// A copy of a value, to be encoded where nobody waits for it.
package final class UnsavedSnapshot<Value: Journaled>: Sendable {
    /// The head at which the value stood.
    package let head: Head

    private let contents: ActorSnapshot<Value>

    fileprivate init(head: Head, _ contents: ActorSnapshot<Value>) {
        self.head = head
        self.contents = contents
    }

    /// The snapshot, encoded.
    package func encoded() -> Snapshot { Snapshot(head: head, bytes: contents.wireBytes) }
}

/// The value behind a reference: what is of any size would give the pipeline, and whoever holds it, a layout that is
/// looked up in every call.
private final class HeldValue<Value: Journaled> {
    private(set) var value: Value

    init(_ value: Value) { self.value = value }

    /// Here, because the thread sanitizer makes the compiler fail over a change of `value` through the pipeline.
    func apply(_ event: Value.Event, at position: EventPosition) { value.apply(event, at: position) }
}

/// Outside of the generic pipeline, so that asking for it needs no metadata.
private enum CommitPhase {
    case ready
    case appending(entryCount: Int)
    case failed(ActorErrorCode)
}

/// What an actor weighs.
package struct PipelineWeight: Hashable, Sendable {
    /// About how much memory value and remembered answers take.
    package let bytes: Int
    /// How many answers had to be forgotten before their time.
    package let answersForgotten: Int
}

/// When an answer may leave.
package enum Release: Hashable, Sendable {
    /// It depends on nothing that is not durable.
    case atOnce
    /// With the append that is under way.
    case withCurrentAppend
    /// With the append after that.
    case withNextAppend
}
