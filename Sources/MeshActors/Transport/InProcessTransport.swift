package import MeshCore

/// Connects the nodes of one process: no bytes leave it, and nothing is lost but to nodes that do not serve.
package final class InProcessNetwork: Sendable {
    private let services = Lock<[NodeID: Service]>([:])

    /// A network without nodes.
    package init() {}

    /// The transport of `node`; one at a time may serve.
    package func transport(of node: NodeID, clock: any Clock) -> InProcessTransport {
        InProcessTransport(node: node, network: self, clock: clock)
    }

    fileprivate func join(_ node: NodeID, _ service: Service) { services.withLock { $0[node] = service } }

    fileprivate func leave(_ node: NodeID, _ service: Service) {
        services.withLock { if $0[node] === service { $0[node] = nil } }
    }

    fileprivate func service(of node: NodeID) -> Service? { services.withLock { $0[node] } }
}

/// A node that serves, and how many callers are inside.
private final class Service: Sendable {
    private struct State {
        var inside = 0
        var isOpen = true
        var lastOneOut: CheckedContinuation<Void, Never>?
    }

    let handler: RequestHandler
    /// Serving ends: whoever is inside shall leave.
    let stopping = OneShot<Done>()
    private let state = Lock(State())

    init(_ handler: @escaping RequestHandler) { self.handler = handler }

    /// Lets a caller in until ``exit()``; false when there is no room or serving ends.
    func enter() -> Bool {
        state.withLock { state in
            guard state.isOpen, state.inside < Limits.Call.maximumRequestsWaiting else { return false }
            state.inside += 1
            return true
        }
    }

    /// A caller has gone; false when its response comes too late, because serving ends.
    func exit() -> Bool {
        let (isOpen, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            state.inside -= 1
            return (state.isOpen, state.inside == 0 ? state.lastOneOut.take() : nil)
        }
        waiter?.resume()
        return isOpen
    }

    /// Lets nobody in any more, sends all away and returns when they have gone, cancelled or not.
    func stop() async {
        state.withLock { $0.isOpen = false }
        stopping.open(Done())
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if state.inside > 0 { state.lastOneOut = continuation }
                return state.inside == 0
            }
            if isEmpty { continuation.resume() }
        }
    }
}

/// One node's end of an ``InProcessNetwork``.
///
/// A request without a deadline is handled in its caller's own task, on the caller's thread: it is cancelled with the
/// caller, and the end of the service waits for it. One with a deadline is handled in a child of the caller's task.
package struct InProcessTransport: Transport {
    private enum Outcome: Sendable {
        case response([UInt8])
        case deadlinePassed
        case lost
    }

    private let node: NodeID
    private let network: InProcessNetwork
    private let clock: any Clock

    fileprivate init(node: NodeID, network: InProcessNetwork, clock: any Clock) {
        self.node = node
        self.network = network
        self.clock = clock
    }

    nonisolated(nonsending) package func request(
        _ payload: [UInt8],
        to peer: NodeID,
        deadline: Instant?
    ) async throws(TransportError) -> [UInt8] {
        guard payload.count <= Limits.Call.maximumMessageBytes else {
            throw TransportError(.tooLarge, "a request of \(payload.count) bytes")
        }
        if let deadline, deadline <= clock.now { throw TransportError(.timedOut, "the deadline has passed") }
        guard let service = network.service(of: peer), service.enter() else {
            throw TransportError(.unreachable, "\(peer) does not serve, or has no room")
        }
        let request = IncomingRequest(sender: node, caller: .sameProcess, payload: payload)
        let outcome: Outcome
        if let deadline {
            outcome = await handle(request, by: service, until: deadline)
        } else {
            let response = await service.handler(request)
            outcome = service.exit() ? .response(response) : .lost
        }
        switch outcome {
        case .response(let response) where response.count > Limits.Call.maximumMessageBytes:
            throw TransportError(.tooLarge, "a response of \(response.count) bytes")
        case .response(let response): return response
        case .deadlinePassed: throw TransportError(.timedOut, "no response in time")
        case .lost: throw TransportError(.lost, "the caller was cancelled, or the node has stopped")
        }
    }

    private func handle(_ request: IncomingRequest, by service: Service, until deadline: Instant) async -> Outcome {
        await withTaskGroup(of: Outcome.self) { group in
            group.addTask {
                let response = await service.handler(request)
                return service.exit() ? .response(response) : .lost
            }
            group.addTask {
                _ = try? await service.stopping.wait()
                return .lost
            }
            group.addTask { [clock] in (try? await clock.sleep(until: deadline)) == nil ? .lost : .deadlinePassed }
            let first = await group.next() ?? .lost
            group.cancelAll()
            return first
        }
    }

    package func serve(_ handler: @escaping RequestHandler) async {
        let service = Service(handler)
        network.join(node, service)
        // Never opened: it ends when this task is cancelled.
        _ = try? await OneShot<Done>().wait()
        network.leave(node, service)
        await service.stop()
    }
}
