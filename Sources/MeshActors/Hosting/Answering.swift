internal import MeshCore

extension ActorHost {
    /// Carries out `call` of another node, or says where to go: a call is never sent on from here.
    nonisolated(nonsending) func answer(_ call: ActorCall) async -> [UInt8] {
        guard let row = commands.rows[call.head.tag] else { return payload(.unknownCommand) }
        if call.head.timeLeft == nil, case .here(let cell, let resident) = table.look(call.head.address) {
            return await carryOut(row, call, resident, in: cell)
        }
        guard table.hasStay(of: call.head.address) || row.canRead(call) else { return payload(.malformed) }
        let deadline = call.head.timeLeft.map { core.environment.clock.now + $0 }
        do throws(CallFailure<NoRefusal>) {
            return try await within(deadline) { () async throws(CallFailure<NoRefusal>) -> [UInt8] in
                switch await self.place(of: call.head.address) {
                case .here(let cell, let resident): await self.carryOut(row, call, resident, in: cell)
                case .elsewhere(let node): self.redirect(to: node)
                case .again: self.payload(.moved)
                case .failed(let failure): RowAnswer(failure, nil).payload
                }
            }
        } catch {
            return RowAnswer(error, nil).payload
        }
    }

    /// Carries out `call`, which counts in `cell`.
    nonisolated(nonsending) private func carryOut(
        _ row: CommandRow,
        _ call: ActorCall,
        _ resident: any Actor,
        in cell: ActorTable.Cell
    ) async -> [UInt8] {
        let begun = core.environment.clock.now
        let answer: RowAnswer
        switch row.way {
        case .decided(let decide): answer = decide(resident, call)
        case .performed(let perform) where core.transport?.cancelsHandlers == true:
            answer = await perform(resident, call)
        case .performed(let perform): answer = await untilStopping { await perform(resident, call) }
        }
        defer { table.served(took: core.environment.clock.now - begun) }
        if let gate = answer.gate, let failure = await gate.failure(of: call.head.address) {
            _ = leave(cell, after: CallFailure<NoRefusal>.failed(failure))
            return payload(failure.code)
        }
        table.exit(cell, answer.outcome)
        if answer.hasLeft { table.lost(cell) }
        return answer.payload
    }

    /// A journaled value's callers wait for what ends with the node's `run()`; a plain actor may wait for anything, and
    /// the task that asks may belong to another node.
    ///
    /// By then the command has been delivered, and may have been carried out.
    private func untilStopping(_ body: @escaping @Sendable () async -> RowAnswer) async -> RowAnswer {
        let stopping = RowAnswer(payload(.outcomeUnknown), nil, .unknown)
        return await withTaskGroup(of: RowAnswer.self) { group in
            group.addTask { await body() }
            group.addTask { [core] in
                _ = try? await core.stopping.wait()
                return stopping
            }
            let first = await group.next() ?? stopping
            group.cancelAll()
            return first
        }
    }

    private func redirect(to node: NodeID) -> [UInt8] {
        ActorReply.Obstacle.redirect(to: node).payload
    }

    private func payload(_ code: ActorErrorCode) -> [UInt8] {
        ActorReply.Obstacle.failed(code, retryAfter: nil).payload
    }
}
