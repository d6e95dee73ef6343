package import MeshActors
package import MeshCore
package import MeshWire

/// Questions that wait on an edge until there is a hub (`Prefer: respond-async`), and answers until they are fetched.
///
///     waiting ──TakeNext──▶ asked ──Answer──▶ answered ──Fetch──▶ (gone)
///        ▲                   │ │                  ▲
///        └──PutBack──────────┘ └── too often ─────┘      any of them, after its lifetime ──▶ (gone)
///
/// A question is known by its run: the same one twice is one. What is asked in an earlier life of the edge is asked
/// again under the same run, so that the hub's account sees one. An answer is fetched once.
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
    }

    /// In the order in which they came.
    package private(set) var asks: [QueuedAsk] = []

    package init(key: String) {}

    /// One change.
    package enum Event: Hashable, Sendable {
        case queued(QueuedAsk)
        case asked(UniqueID, life: UniqueID)
        case putBack(UniqueID)
        case answered(UniqueID, QueuedAnswer)
        case left(UniqueID)
        /// Its error waits until then.
        case expired(UniqueID, until: WallTime)
    }

    package mutating func apply(_ event: Event, at position: EventPosition) {
        switch event {
        case .queued(let ask): asks.append(ask)
        case .asked(let run, let life):
            change(run) { ask in
                ask.state = .asked(life: life)
                ask.attempts &+= 1
            }
        case .putBack(let run): change(run) { $0.state = .waiting }
        case .answered(let run, let answer):
            change(run) { $0.answer(answer) }
            forgetAnswers()
        case .left(let run): asks.removeAll { $0.run == run }
        case .expired(let run, let until):
            change(run) { ask in
                ask.answer(QueuedAnswer(EscalationFailure(.expired, "no hub has answered the question in time")))
                ask.expires = until
            }
            forgetAnswers()
        }
    }

    /// The oldest answers leave where there is no room, but never the newest.
    private mutating func forgetAnswers() {
        var answered = asks.filter(\.isAnswered)[...]
        var bytes = answered.reduce(0) { $0 + $1.bytes }
        while answered.count > 1,
            answered.count > Limits.AskQueue.maximumAnswered || bytes > Limits.AskQueue.maximumAnsweredBytes
        {
            let oldest = answered.removeFirst()
            bytes -= oldest.bytes
            asks.removeAll { $0.run == oldest.run }
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
        asks.reduce(Limits.Hosting.assumedBytes) { $0 + $1.bytes + 256 }
    }
}

extension AskQueue {
    /// Writes the snapshot.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 1)
        asks.encode(into: &writer)
    }

    /// Reads the snapshot.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 1)
        let most = Limits.AskQueue.maximumWaiting + Limits.AskQueue.maximumAnswered
        asks = try reader.readList(of: QueuedAsk.self, atMost: most)
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
        case .putBack(let run):
            head(2, run)
            writer.writeNil()
        case .answered(let run, let answer):
            head(3, run)
            answer.encode(into: &writer)
        case .left(let run):
            head(4, run)
            writer.writeNil()
        case .expired(let run, let until):
            head(5, run)
            writer.write(until.millisecondsSince1970)
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
            try reader.skipItem()
            self = .putBack(run)
        case 3: self = .answered(run, try QueuedAnswer(from: &reader))
        case 4:
            try reader.skipItem()
            self = .left(run)
        case 5: self = .expired(run, until: WallTime(millisecondsSince1970: try reader.readInt64()))
        default: throw WireError(.invalidValue, "no event has the number \(number)")
        }
        try reader.endRecord(tail)
    }
}
