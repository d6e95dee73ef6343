package import MeshActors
package import MeshCore
package import MeshWire

/// Questions that wait on an edge until there is a hub (`Prefer: respond-async`), and answers until they are fetched.
///
///     waiting ──TakeNext──▶ asked ──Answer──▶ answered ──Fetch──▶ fetched ──a few minutes──▶ (gone)
///        ▲                   │ │                  ▲
///        └──PutBack, a pause─┘ └── too often ─────┘          any of them, after its lifetime ──▶ (gone)
///
/// A question is known by its run: the same one twice is one. What is asked in an earlier life of the edge is asked
/// again under the same run, so that the hub's account sees one. What has gone is noted until its placeholders are
/// forgotten.
package struct AskQueue: Journaled, Hashable {
    package static let kind = ActorKind("ask-queue")

    package static var commands: CommandTable<JournaledActor<AskQueue>> {
        CommandTable()
            .accepting(Enqueue.self)
            .accepting(TakeNext.self)
            .accepting(Words.self)
            .accepting(PutBack.self)
            .accepting(Answer.self)
            .accepting(Look.self)
            .accepting(Fetch.self)
            .accepting(Drop.self)
            .accepting(Expire.self)
            .accepting(Release.self)
            .accepting(LeaveSession.self)
            .accepting(NextGone.self)
            .accepting(Forgot.self)
    }

    /// In the order in which they came.
    package private(set) var asks: [QueuedAsk] = []

    /// Runs without a session that have left and whose placeholders somebody has still to forget, sorted.
    package private(set) var gone: [UniqueID] = []

    package init(key: String) {}

    /// One change.
    package enum Event: Hashable, Sendable {
        case queued(QueuedAsk)
        case asked(UniqueID, life: UniqueID)
        case putBack(UniqueID, QueuedDelay)
        case answered(UniqueID, QueuedAnswer)
        /// Its answer stays until then.
        case fetched(UniqueID, until: WallTime)
        case left(UniqueID)
        case forgot(UniqueID)
        /// Its error waits until then.
        case expired(UniqueID, until: WallTime)
    }

    package mutating func apply(_ event: Event, at position: EventPosition) {
        switch event {
        case .queued(let ask):
            asks.append(ask)
            gone.removeAll { $0 == ask.run }
        case .asked(let run, let life):
            change(run) { ask in
                ask.state = .asked(life: life)
                ask.attempts &+= 1
            }
        case .putBack(let run, let delay):
            change(run) { ask in
                ask.state = .waiting
                (ask.notBefore, ask.attempts, ask.pauses) = (delay.until, delay.attempts, delay.pauses)
            }
        case .answered(let run, let answer):
            change(run) { $0.answer(answer) }
            forgetAnswers()
        case .fetched(let run, let until): change(run) { ($0.isFetched, $0.expires) = (true, until) }
        case .left(let run): remove(run)
        case .forgot(let run): gone.removeAll { $0 == run }
        case .expired(let run, let until):
            change(run) { ask in
                ask.answer(QueuedAnswer(EscalationFailure(.expired, "no hub has answered the question in time")))
                ask.expires = until
            }
            forgetAnswers()
        }
    }

    private mutating func remove(_ run: UniqueID) {
        guard let index = asks.firstIndex(where: { $0.run == run }) else { return }
        let ask = asks.remove(at: index)
        guard ask.session == nil, gone.count < Limits.AskQueue.maximumGone else { return }
        gone.insert(run, at: gone.firstIndex { run < $0 } ?? gone.count)
    }

    /// The oldest answers leave where there is no room, first those that were fetched, but never the newest.
    private mutating func forgetAnswers() {
        let all = asks.filter(\.isAnswered)
        var answered = (all.filter(\.isFetched) + all.filter { !$0.isFetched })[...]
        var bytes = answered.reduce(0) { $0 + $1.bytes }
        while answered.count > 1,
            answered.count > Limits.AskQueue.maximumAnswered || bytes > Limits.AskQueue.maximumAnsweredBytes
        {
            let oldest = answered.removeFirst()
            bytes -= oldest.bytes
            remove(oldest.run)
        }
    }

    private mutating func change(_ run: UniqueID, _ body: (inout QueuedAsk) -> Void) {
        guard let index = asks.firstIndex(where: { $0.run == run }) else { return }
        body(&asks[index])
    }

    /// What is known of `run`.
    package func ask(of run: UniqueID) -> QueuedAsk? { asks.first { $0.run == run } }

    /// Those that have no answer.
    var open: [QueuedAsk] { asks.filter { !$0.isAnswered } }

    /// The first that expires.
    package var nextAlarm: Alarm<AskQueue>? { asks.map(\.expires).min().map { Alarm(at: $0, Expire()) } }

    package var approximateBytes: Int {
        asks.reduce(Limits.Hosting.assumedBytes + 16 * gone.count) { $0 + $1.bytes + 256 }
    }
}

extension AskQueue {
    /// Writes the snapshot.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        asks.encode(into: &writer)
        gone.encode(into: &writer)
    }

    /// Reads the snapshot.
    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 1)
        let most = Limits.AskQueue.maximumWaiting + Limits.AskQueue.maximumAnswered
        asks = try reader.readList(of: QueuedAsk.self, atMost: most)
        if tail.takesField() { gone = try reader.readList(of: UniqueID.self, atMost: Limits.AskQueue.maximumGone) }
        try reader.endRecord(tail)
    }
}

extension AskQueue.Event: WireCodable {
    package func encode(into writer: inout WireWriter) {
        func head(_ number: UInt64, _ run: UniqueID) {
            writer.writeArrayHead(count: 3)
            writer.write(number)
            run.encode(into: &writer)
        }
        switch self {
        case .queued(let ask):
            head(0, ask.run)
            ask.encode(into: &writer)
        case .asked(let run, let life):
            head(1, run)
            life.encode(into: &writer)
        case .putBack(let run, let delay):
            head(2, run)
            delay.encode(into: &writer)
        case .answered(let run, let answer):
            head(3, run)
            answer.encode(into: &writer)
        case .left(let run):
            head(4, run)
            writer.writeNil()
        case .expired(let run, let until):
            head(5, run)
            writer.write(until.millisecondsSince1970)
        case .fetched(let run, let until):
            head(6, run)
            writer.write(until.millisecondsSince1970)
        case .forgot(let run):
            head(7, run)
            writer.writeNil()
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        let number = try reader.readUInt64()
        let run = try UniqueID(from: &reader)
        switch number {
        case 0: self = .queued(try QueuedAsk(from: &reader))
        case 1: self = .asked(run, life: try UniqueID(from: &reader))
        case 2:
            // Nothing stood there before pauses did.
            let delay = try QueuedDelay?(from: &reader)
            self = .putBack(run, delay ?? QueuedDelay(until: nil, attempts: 0, pauses: 0))
        case 3: self = .answered(run, try QueuedAnswer(from: &reader))
        case 4:
            try reader.skipItem()
            self = .left(run)
        case 5: self = .expired(run, until: WallTime(millisecondsSince1970: try reader.readInt64()))
        case 6: self = .fetched(run, until: WallTime(millisecondsSince1970: try reader.readInt64()))
        case 7:
            try reader.skipItem()
            self = .forgot(run)
        default: throw WireError(.invalidValue, "no event has the number \(number)")
        }
        try reader.endRecord(tail)
    }
}
