internal import MeshCore
internal import MeshWire

/// Where a call goes, once what had to be waited for has happened.
enum Place: Sendable {
    /// To the resident; the call counts in the cell.
    case here(ActorTable.Cell, any Actor)
    /// The actor is placed on that node.
    case elsewhere(NodeID)
    /// It was leaving or moving; nothing happened.
    case again
}

extension ActorHost {
    /// Ends a call that was in `cell`; true if the resident has left, and the call was not carried out.
    func leave<Refusal>(_ cell: ActorTable.Cell, after error: CallFailure<Refusal>) -> Bool {
        table.exit(cell)
        guard case .failed(let failure) = error, failure.code == .moved else { return false }
        table.lost(cell)
        return true
    }

    /// Calls the actor at `address`, here or where it lives, until there is an answer.
    nonisolated(nonsending) func call<C: ActorCommand>(
        _ command: C,
        _ address: ActorAddress,
        id: CommandID?,
        deadline: Instant?
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where C.Resident == Resident {
        guard let deadline else { return try await route(command, address, id: id) }
        return try await within(deadline) { () async throws(CallFailure<C.Refusal>) -> C.Reply in
            try await self.route(command, address, id: id, deadline)
        }
    }

    /// The same without a limit of its own; `deadline` is told to other nodes, and `hint` is asked first.
    nonisolated(nonsending) func route<C: ActorCommand>(
        _ command: C,
        _ address: ActorAddress,
        id: CommandID?,
        _ deadline: Instant? = nil,
        hint: NodeID? = nil
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where C.Resident == Resident {
        var id = id
        var hint = hint
        let backoff = Backoff(first: Limits.Placement.firstPause, longest: Limits.Placement.longestPause)
        for attempt in 1...Limits.Placement.maximumAttempts {
            let place: Place
            if let node = hint.take(), node != core.owner.node {
                place = .elsewhere(node)
            } else {
                do throws(CallFailure<NoRefusal>) {
                    place = try await self.place(of: address)
                } catch {
                    throw error.of(C.Refusal.self)
                }
            }
            switch place {
            case .here(let cell, let resident):
                do throws(CallFailure<C.Refusal>) {
                    let reply = try await command.deliver(to: typed(resident), id: id)
                    table.exit(cell)
                    return reply
                } catch {
                    guard leave(cell, after: error) else { throw error }
                }
            case .elsewhere(let node):
                let known = id ?? core.drawCommandID()
                id = known
                let call = RemoteCall(core: core, address: address, id: known, deadline: deadline)
                switch await call.ask(node, call.payload(command), isRepeatable: C.isRepeatable) {
                case .value(let body): return try call.reply(in: body, from: node, to: C.self)
                case .refusal(let body): throw call.refusal(in: body, from: node, of: C.self)
                case .tryAt(let other):
                    #if PLANTED_BUGS
                    if PlantedBug.loseRedirectedCall.isOn { _ = try? await OneShot<Done>().wait() }
                    #endif
                    core.environment.counters.add(\.redirects)
                    hint = other
                case .again: break
                case .failed(let failure): throw failure.of(C.Refusal.self)
                }
            case .again: break
            }
            if attempt > 1 { try await pause(backoff.pause(after: attempt - 1), C.Refusal.self) }
        }
        throw .failed(
            ActorError(.tooManyRedirects, "\(address) was not found in \(Limits.Placement.maximumAttempts) tries")
        )
    }

    /// Finds out where a call to `address` goes; waits for a stay that begins or ends.
    nonisolated(nonsending) func place(
        of address: ActorAddress
    ) async throws(CallFailure<NoRefusal>) -> Place {
        switch table.enter(address, for: self) {
        case .here(let cell, let resident): return .here(cell, resident)
        case .starting(let cell):
            guard let resident = try await arrival(of: cell) else { return .again }
            return .here(cell, resident)
        case .leaving(let cell):
            defer { table.waitEnded(cell) }
            guard (try? await cell.gone.wait()) != nil else { throw cancelled() }
            return .again
        case .elsewhere(let node): return .elsewhere(node)
        case .nobody: throw .failed(ActorError(.noHost, "no member may host \(address)"))
        case .overloaded:
            core.environment.counters.add(\.overloads)
            throw .overloaded(retryAfter: Limits.Hosting.retryAfter)
        case .stopping: throw .failed(ActorError(.stopping, "the node is stopping"))
        }
    }

    /// The resident once it is ready; nil when the stay ended before it began.
    private func arrival(of cell: ActorTable.Cell) async throws(CallFailure<NoRefusal>) -> (any Actor)? {
        let result: Result<any Actor, ActorError>
        do {
            result = try await cell.started.wait()
        } catch {
            table.exit(cell)
            throw cancelled()
        }
        switch result {
        case .success(let resident): return resident
        case .failure(let error):
            table.exit(cell)
            guard error.code == .moved else { throw .failed(error) }
            return nil
        }
    }

    private func pause<Refusal>(_ duration: Duration, _: Refusal.Type) async throws(CallFailure<Refusal>) {
        do { try await core.environment.clock.sleep(for: duration) } catch { throw cancelled() }
    }

    private func cancelled<Refusal>() -> CallFailure<Refusal> {
        .failed(ActorError(.cancelled, "the call was cancelled"))
    }

    /// Runs `body`, which ends soon once it is cancelled, until `deadline` at most.
    func within<Value: Sendable, Refusal: Error>(
        _ deadline: Instant?,
        _ body: @escaping @Sendable () async throws(CallFailure<Refusal>) -> Value
    ) async throws(CallFailure<Refusal>) -> Value {
        guard let deadline else { return try await body() }
        let clock = core.environment.clock
        let result = await withTaskGroup(of: Result<Value, CallFailure<Refusal>>?.self) { group in
            group.addTask {
                do throws(CallFailure<Refusal>) { return .success(try await body()) } catch { return .failure(error) }
            }
            group.addTask {
                try? await clock.sleep(until: deadline)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            // A cancelled caller wakes both: then the call's own word counts.
            if first == nil, Task.isCancelled { return await group.next() ?? nil }
            return first
        }
        guard let result else { throw .failed(ActorError(.deadlineExceeded, "no answer before the deadline")) }
        return try result.get()
    }
}
