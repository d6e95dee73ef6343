package import MeshActors
package import MeshCore
package import MeshSessions
package import MeshWire

extension AskQueue {
    /// Why the queue stays as it is.
    package enum Refusal: UInt64, Error, CaseIterable, WireCodable {
        /// So many wait that there is no room: ``Limits/AskQueue/retryAfter``.
        case full = 1
        /// The run is another question's.
        case conflict = 2
        /// There is no such question: it was never here, was fetched, or has expired.
        case notFound = 3
        /// It has no answer yet.
        case notAnswered = 4
        /// The question has too many bytes.
        case tooLarge = 5
        /// It is being asked, or has its answer.
        case asked = 6

        package func encode(into writer: inout WireWriter) { writer.write(rawValue) }

        package init(from reader: inout WireReader) throws(WireError) {
            guard let refusal = Refusal(rawValue: try reader.readUInt64()) else {
                throw WireError(.invalidValue, "no such refusal")
            }
            self = refusal
        }
    }

    /// Lets a question wait; replies with how it stands, also where it is here already.
    package struct Enqueue: Command {
        package typealias Target = AskQueue
        package typealias Reply = QueuedStanding
        package typealias Refusal = AskQueue.Refusal

        package static let tag: UInt32 = 1
        /// Its run.
        package let run: UniqueID
        /// The question as it will travel.
        package let question: [UInt8]
        /// The conversation that has it; nil where none.
        package let session: SessionID?
        /// How long it waits, and its answer.
        package let lifetime: Duration
        /// By which it is told from another question of its run.
        package let digest: SHA256Digest

        /// The question of `run`; it waits for ``Limits/AskQueue/longestLifetime`` at most.
        ///
        /// `digest` tells it from another one; without, its own hash does.
        package init(
            run: UniqueID,
            ask: EscalatedAsk<some TunnelText, some TunnelChat>,
            digest: SHA256Digest? = nil,
            session: SessionID? = nil,
            lifetime: Duration = Limits.AskQueue.lifetime
        ) {
            self.run = run
            question = ask.wireBytes
            self.digest = digest ?? SHA256.digest(question)
            self.session = session
            self.lifetime = min(max(lifetime, .zero), Limits.AskQueue.longestLifetime)
        }

        package func decide(
            _ state: AskQueue,
            _ turn: inout Turn<AskQueue>
        ) throws(AskQueue.Refusal) -> QueuedStanding {
            if let known = state.ask(of: run) {
                guard known.digest == digest else { throw .conflict }
                return state.standing(of: known)
            }
            guard question.count <= Limits.AskQueue.maximumQuestionBytes else { throw .tooLarge }
            let open = state.open
            let bytes = open.reduce(question.count) { $0 + $1.bytes }
            guard open.count < Limits.AskQueue.maximumWaiting, bytes <= Limits.AskQueue.maximumBytes else {
                throw .full
            }
            let now = turn.wallTime
            let ask = QueuedAsk(
                run: run,
                question: question,
                digest: digest,
                session: session,
                created: now,
                expires: now.later(by: lifetime),
                state: .waiting
            )
            turn.emit(.queued(ask))
            return QueuedStanding(ask, ahead: open.count)
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 5)
            run.encode(into: &writer)
            writer.write(bytes: question)
            writer.write(UInt64(clamping: lifetime.wholeNanoseconds / 1_000_000))
            (session?.text).encode(into: &writer)
            writer.write(bytes: digest.bytes)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            var tail = try reader.beginRecord(fields: 4)
            run = try UniqueID(from: &reader)
            question = try reader.readBytes()
            let milliseconds = Int64(clamping: min(try reader.readUInt64(), 1 << 40))
            lifetime = min(.milliseconds(milliseconds), Limits.AskQueue.longestLifetime)
            session = try reader.readOptionalSession()
            digest = tail.takesField() ? try reader.readDigest() : SHA256.digest(question)
            try reader.endRecord(tail)
        }
    }

    /// Asks for the next question to be asked; nil where there is none, or as many are asked as may be.
    ///
    /// Questions that an earlier life of the edge was asking come first: nobody follows their answers. Those that were
    /// put back wait until their time has come.
    package struct TakeNext: Command {
        package typealias Target = AskQueue
        package typealias Reply = UniqueID?
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 2
        /// This life of the edge.
        package let life: UniqueID

        /// The next question for who asks in this `life` of the edge.
        package init(life: UniqueID) { self.life = life }

        package func decide(_ state: AskQueue, _ turn: inout Turn<AskQueue>) -> UniqueID? {
            var (waiting, orphaned, asked): (QueuedAsk?, QueuedAsk?, Int) = (nil, nil, 0)
            let now = turn.wallTime
            for ask in state.asks where ask.expires > now {
                switch ask.state {
                case .waiting where ask.isHeldBack(at: now): break
                case .waiting: waiting = waiting ?? ask
                case .asked(life): asked += 1
                case .asked: orphaned = orphaned ?? ask
                case .answered: break
                }
            }
            guard asked < Limits.AskQueue.maximumAsked, let next = orphaned ?? waiting else { return nil }
            turn.emit(.asked(next.run, life: life))
            return next.run
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 1)
            life.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 1)
            life = try UniqueID(from: &reader)
            try reader.endRecord(tail)
        }
    }

    /// Asks for the question itself, piece by piece: `EscalatedAsk(wireBytes:)` reads them together; empty at its end.
    package struct Words: Command {
        package typealias Target = AskQueue
        package typealias Reply = QuestionPiece
        package typealias Refusal = AskQueue.Refusal

        package static let tag: UInt32 = 9
        /// Which.
        package let run: UniqueID
        /// How many bytes of it the reader has.
        package let offset: UInt64

        /// The question of `run` from `offset` on.
        package init(run: UniqueID, from offset: Int = 0) {
            self.run = run
            self.offset = UInt64(clamping: offset)
        }

        package func decide(
            _ state: AskQueue,
            _ turn: inout Turn<AskQueue>
        ) throws(AskQueue.Refusal) -> QuestionPiece {
            guard let ask = state.ask(of: run), !ask.isAnswered else { throw .notFound }
            let rest = ask.question.dropFirst(Int(clamping: offset))
            return QuestionPiece(bytes: Array(rest.prefix(Limits.AskQueue.pieceBytes)))
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            run.encode(into: &writer)
            writer.write(offset)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            run = try UniqueID(from: &reader)
            offset = try reader.readUInt64()
            try reader.endRecord(tail)
        }
    }

    /// Asks how a question stands, without its own words.
    package struct Look: Command, RunCommand {
        package typealias Target = AskQueue
        package typealias Reply = QueuedStanding
        package typealias Refusal = AskQueue.Refusal

        package static let tag: UInt32 = 5
        /// Which.
        package let run: UniqueID

        /// The question of `run`.
        package init(run: UniqueID) { self.run = run }

        package func decide(
            _ state: AskQueue,
            _ turn: inout Turn<AskQueue>
        ) throws(AskQueue.Refusal) -> QueuedStanding {
            guard let ask = state.ask(of: run) else { throw .notFound }
            return state.standing(of: ask)
        }
    }
}

extension AskQueue {
    func standing(of ask: QueuedAsk) -> QueuedStanding {
        QueuedStanding(ask, ahead: open.prefix { $0.run != ask.run }.count)
    }
}

/// A piece of a question that waits.
package struct QuestionPiece: Hashable, Sendable, WireCodable {
    /// Its bytes; none at the end.
    package let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    package func encode(into writer: inout WireWriter) { writer.write(bytes: bytes) }

    package init(from reader: inout WireReader) throws(WireError) { bytes = try reader.readBytes() }
}

/// A command that is about one run.
package protocol RunCommand: WireCodable {
    init(run: UniqueID)
    var run: UniqueID { get }
}

extension RunCommand {
    /// Writes the run.
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 1)
        run.encode(into: &writer)
    }

    /// Reads it.
    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 1)
        let run = try UniqueID(from: &reader)
        try reader.endRecord(tail)
        self.init(run: run)
    }
}

extension WallTime {
    /// The moment `duration` later.
    func later(by duration: Duration) -> WallTime {
        let milliseconds = duration.wholeNanoseconds / 1_000_000
        let (sum, overflow) = millisecondsSince1970.addingReportingOverflow(milliseconds)
        return overflow ? self : WallTime(millisecondsSince1970: sum)
    }
}
