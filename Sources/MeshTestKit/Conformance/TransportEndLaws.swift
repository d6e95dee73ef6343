internal import MeshActors
internal import MeshCore

/// The laws about how requests and nodes end.
extension TransportLaws {
    func deadline() async throws {
        let wasCancelled = OneShot<Bool>()
        try await serving(waiting(wasCancelled)) {
            let deadline = pair.clock.now + .milliseconds(200)
            let code = await failure(of: [1], deadline: deadline)
            try require(code == .timedOut, "a request beyond its deadline: \(String(describing: code))")
            try require(pair.clock.now < deadline + .seconds(1), "the wait went on behind the deadline")
            try await requireCancelled(wasCancelled)
        }
    }

    func passedDeadline() async throws {
        let handled = Lock(0)
        let handler: Handler = { request in
            handled.withLock { $0 += 1 }
            return request.payload
        }
        try await serving(handler) {
            let code = await failure(of: [1], deadline: pair.clock.now)
            try require(code == .timedOut, "a request behind its deadline: \(String(describing: code))")
            try require(try await ask([2]) == [2], "nothing gets through behind it")
            try require(handled.withLock { $0 } == 1, "a request behind its deadline was handled")
        }
    }

    func cancellation() async throws {
        let (arrived, wasCancelled) = (OneShot<Done>(), OneShot<Bool>())
        let wait = waiting(wasCancelled)
        let handler: Handler = { request in
            guard request.payload == [1] else { return request.payload }
            arrived.open(Done())
            return await wait(request)
        }
        try await serving(handler) {
            let code = OneShot<TransportErrorCode?>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                // With a deadline and without: a transport may do the two in different ways.
                group.addTask { code.open(await failure(of: [1])) }
                group.addTask { _ = await failure(of: [1], deadline: pair.clock.now + .seconds(120)) }
                _ = try await arrived.wait()
                let start = pair.clock.now
                group.cancelAll()
                try await group.waitForAll()
                try require(pair.clock.now < start + .seconds(1), "a cancelled caller went on waiting")
            }
            // What a handler says that is cancelled with its caller may still be the response.
            let end = try await code.wait()
            try require(end == .lost || end == nil, "a cancelled request: \(String(describing: end))")
            try await requireCancelled(wasCancelled)
            try require(try await ask([2]) == [2], "nothing gets through behind it")
        }
    }

    func unreachable() async throws {
        for node in [pair.serverNode, try NodeID("nobody")] {
            let deadline = pair.clock.now + Self.patience
            do throws(TransportError) {
                _ = try await pair.client.request([1], to: node, deadline: deadline)
                throw TransportError(.closed, "a response")
            } catch {
                try require(error.code == .unreachable, "\(node) does not serve, and is \(error.code)")
            }
            try require(pair.clock.now < deadline, "it took until the deadline to see that \(node) does not serve")
        }
    }

    func peerStops() async throws {
        let (arrived, all) = (Lock(0), OneShot<Done>())
        let count = 20
        try await withThrowingTaskGroup(of: Void.self) { serving in
            serving.addTask {
                await pair.server.serve { request in
                    guard request.payload == [1] else { return [] }
                    let number = arrived.withLock { arrived in
                        arrived += 1
                        return arrived
                    }
                    if number == count { all.open(Done()) }
                    _ = try? await OneShot<Done>().wait()
                    return request.payload
                }
            }
            try await reach(pair.serverNode, from: pair.client)
            try await withThrowingTaskGroup(of: TransportErrorCode?.self) { group in
                let deadline = pair.clock.now + .seconds(600)
                for _ in 0..<count { group.addTask { await failure(of: [1], deadline: deadline) } }
                _ = try await all.wait()
                let start = pair.clock.now
                serving.cancelAll()
                for try await code in group {
                    try require(code == .lost, "a request to a node that stopped: \(String(describing: code))")
                }
                try require(pair.clock.now < start + Self.patience, "its callers went on waiting")
            }
        }
    }

    func end() async throws {
        let (running, handled, arrived) = (Lock(0), Lock(0), OneShot<Done>())
        try await withThrowingTaskGroup(of: Void.self) { group in
            let hasEnded = OneShot<Bool>()
            group.addTask {
                await pair.server.serve { request in
                    guard request.payload == [1] else { return [] }
                    running.withLock { $0 += 1 }
                    handled.withLock { $0 += 1 }
                    arrived.open(Done())
                    try? await pair.clock.sleep(for: .seconds(60))
                    running.withLock { $0 -= 1 }
                    return []
                }
                hasEnded.open(running.withLock { $0 } == 0)
            }
            try await reach(pair.serverNode, from: pair.client)
            try await withThrowingTaskGroup(of: Void.self) { callers in
                callers.addTask { _ = await failure(of: [1], deadline: pair.clock.now + .seconds(120)) }
                _ = try await arrived.wait()
                group.cancelAll()
                try await callers.waitForAll()
            }
            try require(try await hasEnded.wait(), "a handler runs behind the end of serving")
        }
        let code = await failure(of: [1], deadline: pair.clock.now + Self.patience)
        try require(code == .unreachable, "a node that serves no more: \(String(describing: code))")
        try require(handled.withLock { $0 } == 1, "a request was handled behind the end of serving")
    }

    func servingAgain() async throws {
        for number in 1...3 as ClosedRange<UInt8> {
            let handler: Handler = { $0.payload + [number] }
            try await serving(handler) {
                try require(try await ask([0]) == [0, number], "an earlier life answers")
            }
        }
    }

    /// A handler that only cancellation ends, and tells `wasCancelled` of it.
    private func waiting(_ wasCancelled: OneShot<Bool>) -> Handler {
        { [pair] request in
            try? await pair.clock.sleep(for: .seconds(60))
            wasCancelled.open(Task.isCancelled)
            return request.payload
        }
    }

    private func requireCancelled(_ wasCancelled: OneShot<Bool>) async throws {
        let start = pair.clock.now
        try require(try await wasCancelled.wait(), "the handler was not cancelled")
        try require(pair.clock.now < start + Self.patience, "the handler was cancelled late")
    }
}
