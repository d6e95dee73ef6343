internal import MeshCore
internal import MeshWire

/// What one try at a call came to.
enum Attempt<Reply: Sendable>: Sendable {
    case done(Reply)
    /// The actor is placed on that node.
    case tryAt(NodeID)
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
    func call<C: ActorCommand>(
        _ command: C,
        _ address: ActorAddress,
        id: CommandID?,
        deadline: Instant?
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where C.Resident == Resident {
        guard let deadline else { return try await route(command, address, id: id, deadline: nil) }
        return try await within(deadline) { () async throws(CallFailure<C.Refusal>) -> C.Reply in
            try await self.route(command, address, id: id, deadline: deadline)
        }
    }

    private func route<C: ActorCommand>(
        _ command: C,
        _ address: ActorAddress,
        id: CommandID?,
        deadline: Instant?
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where C.Resident == Resident {
        var id = id
        var hint: NodeID?
        let backoff = Backoff(first: Limits.Placement.firstPause, longest: Limits.Placement.longestPause)
        for attempt in 1...Limits.Placement.maximumAttempts {
            var outcome = Attempt<C.Reply>.again
            if let node = hint.take(), node != core.owner.node {
                outcome = .tryAt(node)
            } else {
                outcome = try await attemptHere(command, address, id: id)
            }
            if case .tryAt(let node) = outcome {
                let known = id ?? core.drawCommandID()
                id = known
                let call = RemoteCall(core: core, address: address, id: known, deadline: deadline)
                outcome = try await call.send(command, to: node)
                #if PLANTED_BUGS
                if PlantedBug.loseRedirectedCall.isOn, case .tryAt = outcome { _ = try? await OneShot<Done>().wait() }
                #endif
            }
            switch outcome {
            case .done(let reply): return reply
            case .tryAt(let node):
                core.environment.counters.add(\.redirects)
                hint = node
            case .again: break
            }
            if attempt > 1 { try await pause(backoff.pause(after: attempt - 1), C.Refusal.self) }
        }
        throw .failed(
            ActorError(.tooManyRedirects, "\(address) was not found in \(Limits.Placement.maximumAttempts) tries")
        )
    }

    /// Carries `command` out if the actor lives here, or comes to live here.
    func attemptHere<C: ActorCommand>(
        _ command: C,
        _ address: ActorAddress,
        id: CommandID?
    ) async throws(CallFailure<C.Refusal>) -> Attempt<C.Reply> where C.Resident == Resident {
        switch table.enter(address, for: self) {
        case .here(let cell, let resident):
            return try await deliver(command, to: typed(resident), in: cell, id: id)
        case .starting(let cell):
            guard let resident = try await arrival(of: cell, C.Refusal.self) else { return .again }
            return try await deliver(command, to: resident, in: cell, id: id)
        case .leaving(let cell):
            guard (try? await cell.gone.wait()) != nil else { throw cancelled() }
            return .again
        case .elsewhere(let node): return .tryAt(node)
        case .nobody: throw .failed(ActorError(.noHost, "no member may host \(address)"))
        case .overloaded:
            core.environment.counters.add(\.overloads)
            throw .overloaded(retryAfter: Limits.Hosting.retryAfter)
        case .stopping: throw .failed(ActorError(.stopping, "the node is stopping"))
        }
    }

    private func deliver<C: ActorCommand>(
        _ command: C,
        to resident: Resident,
        in cell: ActorTable.Cell,
        id: CommandID?
    ) async throws(CallFailure<C.Refusal>) -> Attempt<C.Reply> where C.Resident == Resident {
        do throws(CallFailure<C.Refusal>) {
            let reply = try await command.deliver(to: resident, id: id)
            table.exit(cell)
            return .done(reply)
        } catch {
            guard leave(cell, after: error) else { throw error }
            return .again
        }
    }

    /// The resident once it is ready; nil when the stay ended before it began.
    private func arrival<Refusal>(
        of cell: ActorTable.Cell,
        _: Refusal.Type
    ) async throws(CallFailure<Refusal>) -> Resident? {
        let result: Result<any Actor, ActorError>
        do {
            result = try await cell.started.wait()
        } catch {
            table.exit(cell)
            throw cancelled()
        }
        switch result {
        case .success(let resident): return typed(resident)
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
