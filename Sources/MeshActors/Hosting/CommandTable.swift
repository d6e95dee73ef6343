internal import MeshCore
internal import MeshWire

/// The commands that a kind takes from other nodes, by their numbers.
///
///     static var commands: CommandTable<JournaledActor<Self>> { .init().accepting(Deposit.self) }
package struct CommandTable<Resident: Actor>: Sendable {
    typealias Row = @Sendable (ActorHost<Resident>, ActorCall) async -> ActorReply

    private(set) var rows: [UInt32: Row] = [:]

    /// A kind that takes nothing.
    package init() {}

    /// The table with `command` added, whose number no other may have.
    package func accepting<C: ActorCommand>(_ command: C.Type) -> CommandTable where C.Resident == Resident {
        precondition(rows[C.tag] == nil, "two commands of a kind have the number \(C.tag)")
        var table = self
        table.rows[C.tag] = { host, call in await host.answer(call, as: C.self) }
        return table
    }
}

extension ActorHost {
    /// Carries out `call`, or says where to go: a call is never sent on from here.
    func answer<C: ActorCommand>(_ call: ActorCall, as _: C.Type) async -> ActorReply where C.Resident == Resident {
        let command: C
        do throws(WireError) { command = try C(wireBytes: call.body) } catch {
            return .failed(.malformed, retryAfter: nil)
        }
        do throws(CallFailure<C.Refusal>) {
            if call.timeLeft == nil, let (cell, resident) = table.enterLive(call.address) {
                do throws(CallFailure<C.Refusal>) {
                    let reply = try await command.deliver(to: typed(resident), id: call.command)
                    table.exit(cell)
                    return .value(reply.wireBytes)
                } catch {
                    guard leave(cell, after: error) else { throw error }
                    return .failed(.moved, retryAfter: nil)
                }
            }
            let deadline = call.timeLeft.map { core.environment.clock.now + $0 }
            let reply = try await within(deadline) { () async throws(CallFailure<C.Refusal>) -> Attempt<C.Reply> in
                try await self.attemptHere(command, call.address, id: call.command)
            }
            switch reply {
            case .done(let reply): return .value(reply.wireBytes)
            case .tryAt(let node): return .redirect(to: node)
            case .again: return .failed(.moved, retryAfter: nil)
            }
        } catch {
            switch error {
            case .refused(let refusal): return .refusal(refusal.wireBytes)
            case .overloaded(let pause): return .failed(.unavailable, retryAfter: pause)
            case .failed(let error): return .failed(error.code, retryAfter: nil)
            }
        }
    }
}
