package import MeshActors
package import MeshCore
package import MeshSessions
package import MeshWire

/// What becomes of a question that is asked, and of its answer.
extension AskQueue {
    /// Why nothing has come of a question that was asked.
    package enum Obstacle: UInt64, Sendable {
        /// There was no hub after all.
        case noHub = 0
        /// The hub has no time for it now, or somebody else is asking it.
        case busy = 1
        /// It was asked, and that broke off before anything came.
        case broken = 2
    }

    /// Lets a question wait again of whose answer nothing has come; replies for how many milliseconds at least, and nil
    /// where it does not wait.
    ///
    /// One that was ``Obstacle/broken`` off ``Limits/AskQueue/maximumAttempts`` times is answered with an error.
    package struct PutBack: Command {
        package typealias Target = AskQueue
        package typealias Reply = UInt64?
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 3
        /// Which.
        package let run: UniqueID
        /// Why.
        package let obstacle: Obstacle
        /// When the hub would be asked again; nil where it has not said.
        package let retryAfter: Duration?

        /// The question of `run`, which met `obstacle`.
        package init(run: UniqueID, _ obstacle: Obstacle, retryAfter: Duration? = nil) {
            self.run = run
            self.obstacle = obstacle
            self.retryAfter = retryAfter
        }

        package func decide(_ state: AskQueue, _ turn: inout Turn<AskQueue>) -> UInt64? {
            guard let ask = state.ask(of: run), case .asked = ask.state else { return nil }
            guard obstacle != .broken || ask.attempts < UInt64(Limits.AskQueue.maximumAttempts) else {
                let failure = EscalationFailure(.offline, "no hub has answered the question")
                turn.emit(.answered(run, QueuedAnswer(failure)))
                return nil
            }
            let pause = pause(after: ask.pauses)
            var delay = QueuedDelay(until: turn.wallTime.later(by: pause), attempts: ask.attempts, pauses: ask.pauses)
            if obstacle != .noHub { delay.pauses &+= 1 }
            if obstacle != .broken { delay.attempts -= min(1, delay.attempts) }
            turn.emit(.putBack(run, delay))
            return UInt64(clamping: pause.wholeNanoseconds / 1_000_000)
        }

        /// The longer the more often it has waited already; where there was no hub, whoever asks waits for one anyway.
        private func pause(after pauses: UInt64) -> Duration {
            let (first, longest) = (Limits.AskQueue.firstPause, Limits.AskQueue.longestPause)
            guard obstacle != .noHub else { return first }
            let doubled = pauses < 16 ? first * (1 << Int(pauses)) : longest
            return min(max(doubled, retryAfter ?? .zero), longest)
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 3)
            run.encode(into: &writer)
            writer.write(obstacle.rawValue)
            (retryAfter.map { UInt64(clamping: $0.wholeNanoseconds / 1_000_000) }).encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 3)
            run = try UniqueID(from: &reader)
            obstacle = Obstacle(rawValue: try reader.readUInt64()) ?? .broken
            retryAfter = try UInt64?(from: &reader).map { .milliseconds(Int64(clamping: min($0, 1 << 40))) }
            try reader.endRecord(tail)
        }
    }

    /// Notes the answer; replies whether it was news, for the first one counts.
    package struct Answer: Command {
        package typealias Target = AskQueue
        package typealias Reply = Bool
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 4
        /// Whose.
        package let run: UniqueID
        /// What was said.
        package let answer: QueuedAnswer

        /// The answer to the question of `run`.
        package init(run: UniqueID, _ answer: QueuedAnswer) {
            self.run = run
            self.answer = answer
        }

        package func decide(_ state: AskQueue, _ turn: inout Turn<AskQueue>) -> Bool {
            guard let ask = state.ask(of: run), !ask.isAnswered else { return false }
            turn.emit(.answered(run, answer))
            return true
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 2)
            run.encode(into: &writer)
            answer.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 2)
            run = try UniqueID(from: &reader)
            answer = try QueuedAnswer(from: &reader)
            try reader.endRecord(tail)
        }
    }

    /// Hands the answer out; it stays for ``Limits/AskQueue/fetchedFor``, for an answer may be lost on its last way.
    package struct Fetch: Command, RunCommand {
        package typealias Target = AskQueue
        package typealias Reply = QueuedAnswer
        package typealias Refusal = AskQueue.Refusal

        package static let tag: UInt32 = 6
        /// Which.
        package let run: UniqueID

        /// The answer to the question of `run`.
        package init(run: UniqueID) { self.run = run }

        package func decide(
            _ state: AskQueue,
            _ turn: inout Turn<AskQueue>
        ) throws(AskQueue.Refusal) -> QueuedAnswer {
            guard let ask = state.ask(of: run) else { throw .notFound }
            guard case .answered(let answer) = ask.state else { throw .notAnswered }
            if !ask.isFetched {
                turn.emit(.fetched(run, until: min(ask.expires, turn.wallTime.later(by: Limits.AskQueue.fetchedFor))))
            }
            return answer
        }
    }

    /// Forgets a question that nobody wants any more and that has not been asked yet, or an answer that was fetched;
    /// replies how it stood.
    package struct Drop: Command, RunCommand {
        package typealias Target = AskQueue
        package typealias Reply = QueuedStanding
        package typealias Refusal = AskQueue.Refusal

        package static let tag: UInt32 = 7
        /// Which.
        package let run: UniqueID

        /// The question of `run`.
        package init(run: UniqueID) { self.run = run }

        package func decide(
            _ state: AskQueue,
            _ turn: inout Turn<AskQueue>
        ) throws(AskQueue.Refusal) -> QueuedStanding {
            guard let ask = state.ask(of: run) else { throw .notFound }
            guard ask.state == .waiting || ask.isFetched else { throw .asked }
            turn.emit(.left(run))
            return state.standing(of: ask)
        }
    }

    /// Forgets a question without an answer, for whoever asked it has one by another way; replies whether there was
    /// one.
    package struct Release: Command, RunCommand {
        package typealias Target = AskQueue
        package typealias Reply = Bool
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 10
        /// Which.
        package let run: UniqueID

        /// The question of `run`.
        package init(run: UniqueID) { self.run = run }

        package func decide(_ state: AskQueue, _ turn: inout Turn<AskQueue>) -> Bool {
            guard let ask = state.ask(of: run), !ask.isAnswered else { return false }
            turn.emit(.left(run))
            return true
        }
    }

    /// Forgets the questions of a session that is deleted or cleared, and their answers.
    package struct LeaveSession: Command {
        package typealias Target = AskQueue
        package typealias Reply = Done
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 11
        /// Which.
        package let session: SessionID

        /// Those of `session`.
        package init(_ session: SessionID) { self.session = session }

        package func decide(_ state: AskQueue, _ turn: inout Turn<AskQueue>) -> Done {
            for ask in state.asks where ask.session == session { turn.emit(.left(ask.run)) }
            return Done()
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 1)
            writer.write(session.text)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 1)
            guard let session = try reader.readOptionalSession() else {
                throw WireError(.invalidValue, "a session without a name")
            }
            self.session = session
            try reader.endRecord(tail)
        }
    }

    /// Asks for a run that has left, and whose placeholders can be forgotten; nil where there is none behind `run`.
    package struct NextGone: Command {
        package typealias Target = AskQueue
        package typealias Reply = UniqueID?
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 12
        /// The one before; nil for the first.
        package let run: UniqueID?

        /// The one behind `run`.
        package init(after run: UniqueID? = nil) { self.run = run }

        package func decide(_ state: AskQueue, _ turn: inout Turn<AskQueue>) -> UniqueID? {
            guard let run else { return state.gone.first }
            return state.gone.first { run < $0 }
        }

        package func encode(into writer: inout WireWriter) {
            writer.writeArrayHead(count: 1)
            run.encode(into: &writer)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            let tail = try reader.beginRecord(fields: 1)
            run = try UniqueID?(from: &reader)
            try reader.endRecord(tail)
        }
    }

    /// Notes that the placeholders of a run that has left are forgotten.
    package struct Forgot: Command, RunCommand {
        package typealias Target = AskQueue
        package typealias Reply = Done
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 13
        /// Which.
        package let run: UniqueID

        /// Those of `run`.
        package init(run: UniqueID) { self.run = run }

        package func decide(_ state: AskQueue, _ turn: inout Turn<AskQueue>) -> Done {
            if state.gone.contains(run) { turn.emit(.forgot(run)) }
            return Done()
        }
    }

    /// The alarm: what has waited too long leaves.
    ///
    /// A question that waited for its hub is answered with an error, which waits for as long again.
    package struct Expire: Command {
        package typealias Target = AskQueue
        package typealias Reply = Done
        package typealias Refusal = NoRefusal

        package static let tag: UInt32 = 8

        /// The only one.
        package init() {}

        package func decide(_ state: AskQueue, _ turn: inout Turn<AskQueue>) -> Done {
            let now = turn.wallTime
            for ask in state.asks where ask.expires <= now {
                let lifetime = max(0, ask.expires.millisecondsSince1970 &- ask.created.millisecondsSince1970)
                let again = now.later(by: min(.milliseconds(lifetime), Limits.AskQueue.longestLifetime))
                turn.emit(ask.isAnswered || again <= now ? .left(ask.run) : .expired(ask.run, until: again))
            }
            return Done()
        }

        package func encode(into writer: inout WireWriter) { Done().encode(into: &writer) }

        package init(from reader: inout WireReader) throws(WireError) { _ = try Done(from: &reader) }
    }
}
