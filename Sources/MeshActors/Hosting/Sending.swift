internal import MeshCore

extension ActorHost {
    /// Hands `command` to the actor at `address`, here or where it lives, at most once; nobody waits for what it says.
    nonisolated(nonsending) func send<C: ActorCommand>(
        _ command: C,
        _ address: ActorAddress,
        _ deadline: Instant?
    ) async throws(CallFailure<NoRefusal>) where C.Resident == Resident {
        let backoff = Backoff(first: Limits.Placement.firstPause, longest: Limits.Placement.longestPause)
        for attempt in 1...Limits.Placement.maximumAttempts {
            switch await place(of: address) {
            case .here(let cell, let resident):
                if await isTaken(command, by: resident, in: cell) { return }
            case .elsewhere(let node):
                let id = core.drawCommandID()
                let call = RemoteCall(core: core, address: address, id: id, deadline: deadline)
                let outcome = await call.post(node, call.payload(command))
                table.posted(outcome)
                switch outcome {
                case nil: return
                case .failed(let failure): throw failure
                default: break  // it was not sent
                }
            case .again: break
            case .failed(let failure): throw failure
            }
            guard attempt > 1 else { continue }
            do throws(CancellationError) {
                try await core.environment.clock.sleep(for: backoff.pause(after: attempt - 1))
            } catch {
                throw .failed(ActorError(.cancelled, "the message was not sent: its sender was cancelled"))
            }
        }
        let message = "\(address) was not found in \(Limits.Placement.maximumAttempts) tries"
        throw .failed(ActorError(.tooManyRedirects, message))
    }

    /// Whether the resident took it, whatever it said to it; false where it has left.
    nonisolated(nonsending) private func isTaken<C: ActorCommand>(
        _ command: C,
        by resident: any Actor,
        in cell: ActorTable.Cell
    ) async -> Bool where C.Resident == Resident {
        do throws(CallFailure<C.Refusal>) {
            _ = try await command.deliver(to: typed(resident), id: nil)
            table.exit(cell, .answered)
            return true
        } catch {
            return !leave(cell, after: error)
        }
    }
}
