package import MeshCore

/// An actor by its address, wherever it lives.
///
/// Cheap to make, and good for ever.
package struct ActorReference<Resident: Actor>: Sendable {
    private let host: ActorHost<Resident>

    /// Which actor.
    package let address: ActorAddress

    init(_ host: ActorHost<Resident>, _ address: ActorAddress) {
        self.host = host
        self.address = address
    }

    /// Sends `command` and returns the reply, which leaves only after what it depends on is durable.
    ///
    /// Two calls with the same `id` are one effect with one answer; without an id each call is its own. `deadline` is
    /// on this node's clock; until then the call goes on looking for the actor. Cancelling ends the wait; whether the
    /// command was carried out is then unknown. Of a failure that leaves it open, ``CallFailure/openCommand`` is the id
    /// with which to ask again, within ``Limits/Hosting/rememberedTime``.
    package func call<C: ActorCommand>(
        _ command: C,
        id: CommandID? = nil,
        deadline: Instant? = nil
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where C.Resident == Resident {
        if let id, id.isDerived { throw .failed(derivedID) }
        // The common case here and not in `host`: each generic frame costs look-ups of its own.
        if deadline == nil, case .here(let cell, let resident) = host.table.look(address) {
            do throws(CallFailure<C.Refusal>) {
                let reply = try await command.deliver(to: host.typed(resident), id: id)
                host.table.exit(cell, .answered)
                return reply
            } catch {
                guard host.leave(cell, after: error) else { throw error }
            }
        }
        return try await host.call(command, address, id: id, deadline: deadline)
    }

    /// Sends `command` to the actor as it lives on `node`, wherever the membership places it, and returns the reply.
    ///
    /// For what is meant for that node and no other, such as the question whether it answers.
    nonisolated(nonsending) package func call<C: ActorCommand>(
        _ command: C,
        at node: NodeID,
        deadline: Instant
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where C.Resident == Resident {
        try await host.call(command, address, id: nil, deadline: deadline, hint: node)
    }

    /// Hands `command` over, at most once, and lets go what the actor says to it: its reply, its refusal, its failure.
    ///
    /// For what may be lost, as a sign of life may. Returns once the actor's node has been sent it, or, where the actor
    /// lives here, has carried it out. An error says that it was not sent, or leaves it open. One that reaches a node
    /// where the actor no longer lives is lost.
    nonisolated(nonsending) package func send<C: ActorCommand>(
        _ command: C,
        deadline: Instant? = nil
    ) async throws(CallFailure<NoRefusal>) where C.Resident == Resident {
        try await host.send(command, address, deadline)
    }

    /// An error and no trap: callers may have the id from outside.
    private var derivedID: ActorError {
        ActorError(.malformed, "the id of a call to \(address) is one that only its own node gives")
    }
}

extension ActorReference {
    /// The same for a journaled value, which decides on its caller's thread: a query of one that lives here waits for
    /// nothing and changes no executor.
    nonisolated(nonsending) package func call<C: Command>(
        _ command: C,
        id: CommandID? = nil,
        deadline: Instant? = nil
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where Resident == JournaledActor<C.Target> {
        if let id, id.isDerived { throw .failed(derivedID) }
        guard deadline == nil else { return try await host.call(command, address, id: id, deadline: deadline) }
        let cell: ActorTable.Cell
        let resident: any Actor
        switch host.table.look(address) {
        case .here(let itsCell, let itself): (cell, resident) = (itsCell, itself)
        case .elsewhere(let node): return try await host.route(command, address, id: id, hint: node)
        case .unknown: return try await host.route(command, address, id: id)
        }
        let journaled = host.typed(resident)
        var known = id
        var gate: CommitGate?
        do throws(CallFailure<C.Refusal>) {
            let reply = try journaled.decide(command, id: &known, &gate)
            if let gate, let failure = await gate.failure(of: address) { throw .failed(failure) }
            host.table.exit(cell, .answered)
            return reply
        } catch {
            let failure = await journaled.settled(error, gate)
            guard host.leave(cell, after: failure) else { throw failure.naming(known) }
            return try await host.route(command, address, id: id)
        }
    }
}
