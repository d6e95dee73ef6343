package import MeshActors
package import MeshCore

/// One node's way into a ``SimulatedNetwork``: the in-process transport, with a link before and behind it.
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

    package func request(
        _ payload: [UInt8],
        to peer: NodeID,
        deadline: Instant?
    ) async throws(TransportError) -> [UInt8] {
        guard payload.count <= Limits.Call.maximumMessageBytes else {
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

    /// Serves until the calling task is cancelled or this life ends; what a dead life still answers reaches nobody.
    package func serve(_ handler: @escaping RequestHandler) async {
        network.beginServing(node)
        await withDiscardingTaskGroup { group in
            let serving = OneShot<Done>()
            group.addTask { [network, node, gate] in
                await network.inside.transport(of: node, clock: network.clock).serve { request in
                    guard await gate.pass() else { return [] }
                    network.count { $0.requestsDelivered += 1 }
                    let response = await handler(request)
                    _ = await gate.pass()
                    return response
                }
                serving.open(Done())
            }
            await gate.untilDead()
            group.cancelAll()
            _ = try? await serving.wait()
        }
        network.endServing(node)
    }

    private func exchange(_ payload: [UInt8], with peer: NodeID) async -> Result<[UInt8], TransportError> {
        do throws(TransportError) {
            guard await gate.pass() else { throw TransportError(.closed, "this life of the node has ended") }
            guard network.isOpen(from: node, to: peer), network.isServing(peer) else {
                try await pause(for: .milliseconds(1))
                network.count { $0.unreachable += 1 }
                throw TransportError(.unreachable, "there is no way to \(peer)")
            }
            try await setOut(payload, for: peer)
            let response = try await handled(payload, by: peer)
            try await travel(from: peer, to: node)
            network.count { $0.responsesDelivered += 1 }
            guard await gate.pass() else { throw TransportError(.closed, "this life of the node has ended") }
            return .success(response)
        } catch {
            return .failure(error)
        }
    }

    /// What `peer` makes of a request that has reached it; how it failed there, the caller cannot know.
    private func handled(_ payload: [UInt8], by peer: NodeID) async throws(TransportError) -> [UInt8] {
        let inside = network.inside.transport(of: node, clock: network.clock)
        do throws(TransportError) {
            // With a deadline, so that the end of the peer ends the request too; the caller's own is kept outside.
            return try await inside.request(payload, to: peer, deadline: network.clock.now + Self.longestHandling)
        } catch {
            guard error.code == .tooLarge else { throw try await lose() }
            throw error
        }
    }

    /// The way of a request.
    ///
    /// It goes on without its caller, and one of which the caller is told that it is lost may arrive after all.
    private func setOut(_ payload: [UInt8], for peer: NodeID) async throws(TransportError) {
        let life = network.life(of: peer)
        let passage = network.send(from: node, to: peer)
        func goOn(until arrival: Instant) {
            network.takeOver(LateRequest(payload: payload, from: node, to: peer, life: life, arrival: arrival))
        }
        switch passage {
        case .arrives(let delay):
            let arrival = network.clock.now + delay
            do throws(TransportError) {
                try await pause(for: delay)
            } catch {
                goOn(until: arrival)
                throw error
            }
            guard network.isOpen(from: node, to: peer) else { throw try await lose() }
        case .lost(let delay):
            if let lateness = network.drawLateness() { goOn(until: network.clock.now + delay + lateness) }
            try await pause(for: delay)
            throw try await lose()
        }
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

    /// How long, at most, a peer may take over a request whose caller waits for ever.
    static let longestHandling = Duration.seconds(86_400)
}
