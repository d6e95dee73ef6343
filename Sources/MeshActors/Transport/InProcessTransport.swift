package import MeshCore

/// Connects the nodes of one process: no bytes leave it, and nothing is lost but to nodes that do not serve.
package final class InProcessNetwork: Sendable {
    private let inboxes = Lock<[NodeID: Intake<Request>]>([:])

    /// A network without nodes.
    package init() {}

    /// The transport of `node`; one at a time may serve.
    package func transport(of node: NodeID, clock: any Clock) -> InProcessTransport {
        InProcessTransport(node: node, network: self, clock: clock)
    }

    fileprivate func join(_ node: NodeID, _ inbox: Intake<Request>) { inboxes.withLock { $0[node] = inbox } }

    fileprivate func leave(_ node: NodeID, _ inbox: Intake<Request>) {
        inboxes.withLock { if $0[node] === inbox { $0[node] = nil } }
    }

    fileprivate func inbox(of node: NodeID) -> Intake<Request>? { inboxes.withLock { $0[node] } }

    /// A request on its way, and the way back.
    fileprivate struct Request: Sendable {
        let content: IncomingRequest
        let response = OneShot<Result<[UInt8], TransportError>>()
        let cancelled = OneShot<Bool>()
    }
}

/// One node's end of an ``InProcessNetwork``.
package struct InProcessTransport: Transport {
    private let node: NodeID
    private let network: InProcessNetwork
    private let clock: any Clock

    fileprivate init(node: NodeID, network: InProcessNetwork, clock: any Clock) {
        self.node = node
        self.network = network
        self.clock = clock
    }

    package func request(
        _ payload: [UInt8],
        to peer: NodeID,
        deadline: Instant?
    ) async throws(TransportError) -> [UInt8] {
        guard payload.count <= Limits.Call.maximumMessageBytes else {
            throw TransportError(.tooLarge, "a request of \(payload.count) bytes")
        }
        let request = InProcessNetwork.Request(content: IncomingRequest(sender: node, payload: payload))
        guard let inbox = network.inbox(of: peer), inbox.offer(request) else {
            throw TransportError(.unreachable, "\(peer) does not serve, or has no room")
        }
        guard let deadline else { return try await response(to: request) }
        let result = await withTaskGroup(of: Result<[UInt8], TransportError>.self) { group in
            group.addTask {
                do throws(TransportError) { return .success(try await response(to: request)) } catch {
                    return .failure(error)
                }
            }
            group.addTask { [clock] in
                try? await clock.sleep(until: deadline)
                return .failure(TransportError(.timedOut, "no response in time"))
            }
            let first = await group.next()
            group.cancelAll()
            return first
        }
        return try (result ?? .failure(TransportError(.lost, "nobody waited"))).get()
    }

    private func response(to request: InProcessNetwork.Request) async throws(TransportError) -> [UInt8] {
        do {
            return try await request.response.wait().get()
        } catch {
            request.cancelled.open(true)
            throw (error as? TransportError) ?? TransportError(.lost, "the caller was cancelled")
        }
    }

    package func serve(_ handler: @escaping @Sendable (IncomingRequest) async -> [UInt8]) async {
        let inbox = Intake<InProcessNetwork.Request>(capacity: Limits.Call.maximumRequestsWaiting)
        network.join(node, inbox)
        await withDiscardingTaskGroup { group in
            while let request = await inbox.next() {
                group.addTask { await handle(request, handler) }
            }
            network.leave(node, inbox)
            for request in inbox.close() {
                request.response.open(.failure(TransportError(.unreachable, "the node has stopped")))
            }
            group.cancelAll()
        }
    }

    /// Handles one request in a task that ends when its caller no longer waits.
    private func handle(
        _ request: InProcessNetwork.Request,
        _ handler: @escaping @Sendable (IncomingRequest) async -> [UInt8]
    ) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                let response = await handler(request.content)
                let isLost = Task.isCancelled && request.cancelled.value == nil
                request.response.open(isLost ? .failure(TransportError(.lost, "the node has stopped")) : fit(response))
                request.cancelled.open(false)
            }
            if (try? await request.cancelled.wait()) ?? true { group.cancelAll() }
        }
    }

    private func fit(_ response: [UInt8]) -> Result<[UInt8], TransportError> {
        response.count <= Limits.Call.maximumMessageBytes
            ? .success(response) : .failure(TransportError(.tooLarge, "a response of \(response.count) bytes"))
    }
}
