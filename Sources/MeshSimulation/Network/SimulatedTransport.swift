package import MeshActors
package import MeshCore

/// One node's way into a ``SimulatedNetwork``.
///
/// A lost request and a lost response look the same to the caller (`lost`, after a while); a cut that the caller knows
/// of, or a node where nobody serves, is `unreachable`. Each request is handled at most once: repeating is for callers.
package final class SimulatedTransport: Transport {
    private let network: SimulatedNetwork
    private let node: NodeID
    private let gate: NodeGate

    /// The transport of the life of `node` behind `gate`.
    package init(_ network: SimulatedNetwork, as node: NodeID, gate: NodeGate = NodeGate()) {
        self.network = network
        self.node = node
        self.gate = gate
    }

    nonisolated(nonsending) package func request(
        _ payload: [UInt8],
        to peer: NodeID,
        deadline: Instant?
    ) async throws(TransportError) -> [UInt8] {
        guard payload.count <= Limits.SimulatedNetwork.maximumPayloadBytes else {
            throw TransportError(.tooLarge, "a request of \(payload.count) bytes")
        }
        guard let deadline else { return try await exchange(payload, with: peer).get() }
        let result = await withTaskGroup(of: Result<[UInt8], TransportError>?.self) { group in
            group.addTask { await self.exchange(payload, with: peer) }
            group.addTask {
                do throws(CancellationError) { try await self.network.clock.sleep(until: deadline) } catch {
                    return nil
                }
                return .failure(TransportError(.timedOut, "no response before the deadline"))
            }
            defer { group.cancelAll() }
            while let first = await group.next() {
                if let first { return first }
            }
            return .failure(TransportError(.lost, "the caller has gone"))
        }
        return try result.get()
    }

    package func serve(_ handler: @escaping RequestHandler) async {
        let inbox = Inbox()
        network.attach(inbox, as: node)
        await withDiscardingTaskGroup { group in
            while let exchange = await inbox.next() {
                group.addTask { [gate] in await Self.handle(exchange, behind: gate, with: handler) }
            }
            group.cancelAll()
        }
        inbox.close()
        network.detach(inbox, as: node)
    }

    /// Accepts requests that nobody will handle: what a node looks like that has stopped inside.
    package func listenWithoutServing() { network.attach(Inbox(), as: node) }

    /// Runs the handler in a task that ends with the caller's patience.
    private static func handle(
        _ exchange: Exchange,
        behind gate: NodeGate,
        with handler: @escaping RequestHandler
    ) async {
        let callerGone = Beacon()
        exchange.onCallerGone { callerGone.light() }
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                guard await gate.pass() else { return true }
                let response = await handler(exchange.request)
                if await gate.pass() { exchange.finish(.response(response)) }
                return true
            }
            group.addTask {
                await callerGone.wait()
                return false
            }
            _ = await group.next()
            group.cancelAll()
        }
        exchange.finish(.gone)
    }

    private func exchange(_ payload: [UInt8], with peer: NodeID) async -> Result<[UInt8], TransportError> {
        do throws(TransportError) {
            guard await gate.pass() else { throw TransportError(.closed, "this life of the node has ended") }
            let exchange = try await deliver(payload, to: peer)
            let response = try await receive(from: exchange, of: peer)
            guard await gate.pass() else { throw TransportError(.closed, "this life of the node has ended") }
            return .success(response)
        } catch {
            return .failure(error)
        }
    }

    private func deliver(_ payload: [UInt8], to peer: NodeID) async throws(TransportError) -> Exchange {
        guard network.isOpen(from: node, to: peer), network.inbox(of: peer) != nil else {
            try await pause(for: .milliseconds(1))
            network.count { $0.unreachable += 1 }
            throw TransportError(.unreachable, "there is no way to \(peer)")
        }
        try await travel(from: node, to: peer)
        let exchange = Exchange(IncomingRequest(sender: node, payload: payload))
        guard let inbox = network.inbox(of: peer), inbox.put(exchange) else { throw try await lose() }
        network.count { $0.requestsDelivered += 1 }
        return exchange
    }

    private func receive(from exchange: Exchange, of peer: NodeID) async throws(TransportError) -> [UInt8] {
        guard case .response(let response) = await exchange.outcome() else { throw try await lose() }
        guard response.count <= Limits.SimulatedNetwork.maximumPayloadBytes else {
            throw TransportError(.tooLarge, "a response of \(response.count) bytes")
        }
        try await travel(from: peer, to: node)
        network.count { $0.responsesDelivered += 1 }
        return response
    }

    private func travel(from: NodeID, to: NodeID) async throws(TransportError) {
        switch network.send(from: from, to: to) {
        case .arrives(let delay):
            try await pause(for: delay)
            guard network.isOpen(from: from, to: to) else { throw try await lose() }
        case .lost(let delay):
            try await pause(for: delay)
            throw try await lose()
        }
    }

    private func lose() async throws(TransportError) -> TransportError {
        network.count { $0.lost += 1 }
        try await pause(for: network.drawDetectionDelay())
        return TransportError(.lost, "the connection broke before the response")
    }

    private func pause(for delay: Duration) async throws(TransportError) {
        do throws(CancellationError) {
            try await network.clock.sleep(for: delay)
        } catch {
            throw TransportError(.lost, "the caller has gone")
        }
    }
}
