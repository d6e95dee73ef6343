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
    /// The call ends here; nothing happened.
    case failed(CallFailure<NoRefusal>)
}

extension ActorHost {
    /// Ends a call that was in `cell`; true if the resident has left, and the call was not carried out.
    func leave<Refusal>(_ cell: ActorTable.Cell, after error: CallFailure<Refusal>) -> Bool {
        table.exit(cell, error.outcome)
        guard case .failed(let failure) = error, failure.code == .moved else { return false }
        table.lost(cell)
        return true
    }

    /// Calls the actor at `address`, here or where it lives, until there is an answer.
    nonisolated(nonsending) func call<C: ActorCommand>(
        _ command: C,
        _ address: ActorAddress,
        id: CommandID?,
        deadline: Instant?,
        hint: NodeID? = nil
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where C.Resident == Resident {
        guard let deadline else { return try await route(command, address, id: id, hint: hint) }
        // Drawn here, so that whoever waits no longer can be told.
        let known = C.isRepeatable ? id ?? core.drawCommandID() : id
        do throws(CallFailure<C.Refusal>) {
            return try await within(deadline) { () async throws(CallFailure<C.Refusal>) -> C.Reply in
                try await self.route(command, address, id: known, deadline, hint: hint)
            }
        } catch {
            throw C.isRepeatable ? error.naming(known) : error
        }
    }

    /// The same without a limit of its own; `deadline` is told to other nodes, and `hint` is asked first.
    ///
    /// A try whose reply was lost stays open: from then on the call ends with an answer, or with `outcomeUnknown`.
    /// With a deadline it goes on until whoever waits for it cancels it.
    nonisolated(nonsending) func route<C: ActorCommand>(
        _ command: C,
        _ address: ActorAddress,
        id: CommandID?,
        _ deadline: Instant? = nil,
        hint: NodeID? = nil
    ) async throws(CallFailure<C.Refusal>) -> C.Reply where C.Resident == Resident {
        var (id, hint) = (id, hint)
        var (attempt, isOpen) = (0, false)
        let backoff = Backoff(first: Limits.Placement.firstPause, longest: Limits.Placement.longestPause)
        while deadline != nil || attempt < Limits.Placement.maximumAttempts {
            attempt += 1
            let place: Place
            if let node = hint.take(), node != core.owner.node {
                place = .elsewhere(node)
            } else {
                place = await self.place(of: address)
            }
            do throws(CallFailure<C.Refusal>) {
                switch place {
                case .here(let cell, let resident):
                    do throws(CallFailure<C.Refusal>) {
                        let reply = try await command.deliver(to: typed(resident), id: id)
                        table.exit(cell, .answered)
                        return reply
                    } catch {
                        guard leave(cell, after: error) else { throw error }
                    }
                case .elsewhere(let node):
                    let known = id ?? core.drawCommandID()
                    id = known
                    let call = RemoteCall(core: core, address: address, id: known, deadline: deadline)
                    let begun = core.environment.clock.now
                    let outcome = await call.ask(node, call.payload(command), isRepeatable: C.isRepeatable)
                    table.asked(outcome, took: core.environment.clock.now - begun)
                    switch outcome {
                    case .value(let body): return try call.reply(in: body, from: node, to: C.self)
                    case .refusal(let body): throw call.refusal(in: body, from: node, of: C.self)
                    case .tryAt(let other):
                        #if PLANTED_BUGS
                        if PlantedBug.loseRedirectedCall.isOn { _ = try? await OneShot<Done>().wait() }
                        #endif
                        core.environment.counters.add(\.redirects)
                        hint = other
                    case .again: break
                    case .lost: isOpen = true
                    case .failed(let failure): throw failure.of(C.Refusal.self)
                    }
                case .again: break
                case .failed(let failure): throw failure.of(C.Refusal.self)
                }
            } catch {
                guard isOpen, error.mayPass else { throw end(error, C.self, id, isOpen) }
            }
            guard attempt > 1 else { continue }
            do throws(CancellationError) {
                try await core.environment.clock.sleep(for: backoff.pause(after: attempt - 1))
            } catch {
                throw end(cancelled(), C.self, id, isOpen)
            }
        }
        let message = "\(address) was not found in \(Limits.Placement.maximumAttempts) tries"
        throw end(.failed(ActorError(.tooManyRedirects, message)), C.self, id, isOpen)
    }

    /// What a call ends with whose last try came to `failure`, and one of whose tries may have been carried out.
    private func end<C: ActorCommand>(
        _ failure: CallFailure<C.Refusal>,
        _: C.Type,
        _ id: CommandID?,
        _ isOpen: Bool
    ) -> CallFailure<C.Refusal> {
        guard C.isRepeatable else { return failure }
        return isOpen ? failure.afterOpenTry(id) : failure.naming(id)
    }

    /// Finds out where a call to `address` goes; waits for a stay that begins or ends.
    nonisolated(nonsending) func place(of address: ActorAddress) async -> Place {
        switch table.enter(address, for: self) {
        case .here(let cell, let resident): return .here(cell, resident)
        case .starting(let cell):
            do throws(CallFailure<NoRefusal>) {
                guard let resident = try await arrival(of: cell) else { return .again }
                return .here(cell, resident)
            } catch {
                return .failed(error)
            }
        case .leaving(let cell):
            defer { table.waitEnded(cell) }
            guard (try? await cell.gone.wait()) != nil else { return .failed(cancelled()) }
            return .again
        case .elsewhere(let node): return .elsewhere(node)
        case .nobody: return .failed(.failed(ActorError(.noHost, "no member may host \(address)")))
        case .overloaded:
            core.environment.counters.add(\.overloads)
            table.note { $0.calls.note(.overloaded) }
            return .failed(.overloaded(retryAfter: Limits.Hosting.retryAfter))
        case .stopping: return .failed(.failed(ActorError(.stopping, "the node is stopping")))
        }
    }

    /// The resident once it is ready; nil when the stay ended before it began.
    private func arrival(of cell: ActorTable.Cell) async throws(CallFailure<NoRefusal>) -> (any Actor)? {
        let result: Result<any Actor, ActorError>
        do {
            result = try await cell.started.wait()
        } catch {
            table.exit(cell, .givenUp)
            throw cancelled()
        }
        switch result {
        case .success(let resident): return resident
        case .failure(let error):
            table.exit(cell, CallCounts.Outcome(error.code))
            guard error.code == .moved else { throw .failed(error) }
            return nil
        }
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
