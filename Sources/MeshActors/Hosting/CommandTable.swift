internal import MeshCore
internal import MeshWire

/// The commands that a kind takes from other nodes, by their numbers.
///
///     static var commands: CommandTable<JournaledActor<Self>> { .init().accepting(Deposit.self) }
package struct CommandTable<Resident: Actor>: Sendable {
    private(set) var rows: [UInt32: CommandRow] = [:]

    /// A kind that takes nothing.
    package init() {}

    /// A resident of the kind whose table this is, in its own type.
    private static func typed(_ resident: any Actor) -> Resident {
        // A host gives its rows what stands in its own table, into which only its own residents come.
        unsafeDowncast(resident, to: Resident.self)
    }

    private func adding(_ row: CommandRow, _ tag: UInt32) -> CommandTable {
        precondition(rows[tag] == nil, "two commands of a kind have the number \(tag)")
        var table = self
        table.rows[tag] = row
        return table
    }
}

extension CommandTable {
    /// The table with `command` added, whose number no other may have.
    package func accepting<C: Command>(_ command: C.Type) -> CommandTable where Resident == JournaledActor<C.Target> {
        let decide = { @Sendable (resident: any Actor, call: ActorCall) -> RowAnswer in
            let resident = Self.typed(resident)
            var gate: CommitGate?
            do throws(CallFailure<C.Refusal>) {
                var id: CommandID? = call.head.command
                let reply = try resident.decide(call.command(C.self), id: &id, &gate)
                return RowAnswer(ActorReply.payload(value: reply), gate, .answered)
            } catch {
                return RowAnswer(error, gate)
            }
        }
        return adding(CommandRow(way: .decided(decide), canRead: Self.reader(of: command)), C.tag)
    }

    /// The table with `command` added, whose number no other may have.
    package func accepting<C: PlainCommand>(_ command: C.Type) -> CommandTable where Resident == C.Target {
        let perform = { @Sendable (resident: any Actor, call: ActorCall) async -> RowAnswer in
            let resident = Self.typed(resident)
            do throws(CallFailure<C.Refusal>) {
                let reply = try await call.command(C.self).deliver(to: resident, id: call.head.command)
                return RowAnswer(ActorReply.payload(value: reply), nil, .answered)
            } catch {
                return RowAnswer(error, nil)
            }
        }
        return adding(CommandRow(way: .performed(perform), canRead: Self.reader(of: command)), C.tag)
    }

    private static func reader<C: ActorCommand>(of _: C.Type) -> @Sendable (ActorCall) -> Bool {
        { call in (try? call.body.read(as: C.self)) != nil }
    }
}

/// How a command of another node is carried out.
///
/// A row is all that is made for each command: what stands around it knows neither the types of actor, command and
/// reply, nor looks them up.
struct CommandRow: Sendable {
    enum Way: Sendable {
        /// A journaled value decides on the caller's thread.
        case decided(@Sendable (any Actor, ActorCall) -> RowAnswer)
        /// A plain actor may wait for others.
        case performed(@Sendable (any Actor, ActorCall) async -> RowAnswer)
    }

    let way: Way

    /// Whether the call's bytes spell the command: asked before an actor is brought to life for it.
    let canRead: @Sendable (ActorCall) -> Bool
}

/// What a resident answers to a call of another node.
struct RowAnswer: Sendable {
    /// The message to send back.
    let payload: [UInt8]
    /// What the answer waits for, if it depends on what is not durable yet.
    let gate: CommitGate?
    /// What it is, to be counted; nil where the resident has turned the call away because it is leaving.
    let outcome: CallCounts.Outcome?

    /// Whether it has; nothing happened.
    var hasLeft: Bool { outcome == nil }

    init(_ payload: [UInt8], _ gate: CommitGate?, _ outcome: CallCounts.Outcome?) {
        self.payload = payload
        self.gate = gate
        self.outcome = outcome
    }

    init<Refusal: WireCodable>(_ failure: CallFailure<Refusal>, _ gate: CommitGate?) {
        switch failure {
        case .refused(let refusal): self.init(ActorReply.payload(refusal: refusal), gate, .refused)
        case .overloaded(let pause): self.init(Self.obstacle(.unavailable, pause), nil, .overloaded)
        case .failed(let error): self.init(Self.obstacle(error.code, nil), nil, CallCounts.Outcome(error.code))
        }
    }

    private static func obstacle(_ code: ActorErrorCode, _ pause: Duration?) -> [UInt8] {
        ActorReply.Obstacle.failed(code, retryAfter: pause).payload
    }
}

extension ActorCall {
    fileprivate func command<C: ActorCommand>(_: C.Type) throws(CallFailure<C.Refusal>) -> C {
        do throws(WireError) { return try body.read(as: C.self) } catch {
            throw .failed(ActorError(.malformed, "a command that cannot be read", cause: error))
        }
    }
}
