package import MeshActors
package import MeshCore
package import MeshIO
internal import MeshWire

/// Connects nodes by QUIC: the ``Transport`` of real nodes.
///
/// One endpoint on one loop: it dials and is dialled, and a link carries requests in both directions whoever made it.
/// Callers whose tasks prefer that loop are served without a change of thread; others may call from anywhere.
package final class QUICTransport: Transport {
    private let loop: EventLoop
    private let core: LoopConfined<TransportCore>
    /// The address of the endpoint.
    package let localAddress: SocketAddress

    /// Opens `address` on `loop`; with `accepts`, other nodes may connect.
    package init(
        loop: EventLoop,
        address: SocketAddress,
        accepts: Bool,
        credentials: NodeCredentials,
        verifier: any PeerVerifier,
        software: String,
        configuration: QUICConfiguration = QUICConfiguration(),
        clock: any Clock,
        observer: any LinkObserver = NoLinkObserver()
    ) async throws {
        self.loop = loop
        let hello = Hello(
            role: credentials.identity.role,
            node: credentials.identity.node,
            software: software
        )
        (core, localAddress) = try await loop.run {
            let core = TransportCore(loop: loop, hello: hello, observer: observer)
            let endpoint = try QUICEndpoint(
                loop: loop,
                address: address,
                credentials: credentials,
                verifier: verifier,
                configuration: configuration,
                clock: clock,
                handler: accepts ? core : nil
            )
            core.use(endpoint)
            return (LoopConfined(core, on: loop), endpoint.localAddress)
        }
    }

    /// Makes a link to the node at `address` and returns its name once both have said hello.
    package func connect(to address: SocketAddress, serverName: ServerName) async throws(QUICError) -> NodeID {
        let result: Result<NodeID, QUICError> = await withUnsafeContinuation { continuation in
            let core = core
            let isTaken = loop.execute {
                core.value.connect(to: address, serverName: serverName) { result in
                    continuation.resume(returning: result.map(\.peerNode))
                }
            }
            if !isTaken { continuation.resume(returning: .failure(QUICError(.stopping, "the loop has ended"))) }
        }
        return try result.get()
    }

    package func request(
        _ payload: [UInt8],
        to node: NodeID,
        deadline: Instant?
    ) async throws(TransportError) -> [UInt8] {
        try await send(payload, as: .actorCall, to: node, deadline: deadline)
    }

    /// Hands `payload` to `node`, which does not answer; returns once its transport has it.
    package func post(_ payload: [UInt8], to node: NodeID, deadline: Instant?) async throws(TransportError) {
        _ = try await send(payload, as: .actorMessage, to: node, deadline: deadline)
    }

    private func send(
        _ payload: [UInt8],
        as type: FrameType,
        to node: NodeID,
        deadline: Instant?
    ) async throws(TransportError) -> [UInt8] {
        guard payload.count <= Limits.Call.maximumMessageBytes else {
            throw TransportError(.tooLarge, "a request of \(payload.count) bytes")
        }
        let request = OutgoingRequest(payload, type: type, to: node, deadline: deadline)
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                request.answer(to: continuation)
                begin(request)
            }
        } onCancel: {
            _ = loop.execute { request.cancel() }
        }
        return try result.get()
    }

    private func begin(_ request: OutgoingRequest) {
        if loop.isOnLoop { return core.value.begin(request) }
        let core = core
        if !loop.execute({ core.value.begin(request) }) {
            request.end(.failure(TransportError(.closed, "the loop has ended")))
        }
    }

    package func serve(_ handler: @escaping @Sendable (IncomingRequest) async -> [UInt8]) async {
        let core = core
        guard (try? await loop.run { core.value.service = RequestService(handler) }) != nil else { return }
        // Never opened: it ends when this task is cancelled.
        _ = try? await OneShot<Done>().wait()
        await withCheckedContinuation { continuation in
            let isTaken = loop.execute {
                guard let service = core.value.service.take() else { return continuation.resume() }
                service.stop(continuation)
            }
            if !isTaken { continuation.resume() }
        }
    }

    /// Ends every link; callers are told that theirs is lost.
    package func close(_ message: String = "") async {
        let core = core
        try? await loop.run { core.value.close(code: 0, message) }
    }

    /// Goes on from another port of this machine, as after a change of networks; false where no link could.
    ///
    /// One at a time: while the server still proves the last change nothing is done.
    package func migrate() async -> Bool {
        let core = core
        return (try? await loop.run { core.value.quic?.migrate() ?? false }) ?? false
    }

    /// What the transport holds and has done.
    package func statistics() async -> TransportStatistics {
        let core = core
        return (try? await loop.run { core.value.statistics }) ?? TransportStatistics()
    }

    /// The nodes to which there are links.
    package func connectedNodes() async -> [NodeID] {
        let core = core
        return (try? await loop.run { core.value.nodes }) ?? []
    }
}
