package import MeshActors
package import MeshCore
package import MeshIO
package import MeshWire

/// Connects nodes by QUIC: the ``Transport`` of real nodes.
///
/// One endpoint on one loop: it dials and is dialled, and a link carries requests in both directions whoever made it.
/// Callers whose tasks prefer that loop are served without a change of thread; others may call from anywhere.
package final class QUICTransport: Transport {
    let loop: EventLoop
    let core: LoopConfined<TransportCore>
    let clock: any Clock
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
        labels: NodeLabels = .none,
        configuration: QUICConfiguration = QUICConfiguration(),
        clock: any Clock,
        observer: any LinkObserver = NoLinkObserver()
    ) async throws {
        self.loop = loop
        self.clock = clock
        let hello = Hello(
            role: credentials.identity.role,
            node: credentials.identity.node,
            software: software,
            labels: labels
        )
        (core, localAddress) = try await loop.run {
            let core = TransportCore(
                loop: loop,
                hello: hello,
                helloTimeout: configuration.helloTimeout,
                observer: observer
            )
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
        try await connect(toOneOf: [address], serverName: serverName).node
    }

    /// Makes a link to the node that is at one of `addresses`, the preferred first, and returns whom it leads to.
    ///
    /// The addresses are tried a little after each other, and the first that completes a handshake is taken. An error
    /// has a ``CloseReason`` as its cause where a connection was begun. An older link to the same node is retired, or,
    /// with `keepingOlder`, stays until ``retire(_:)`` is called for it.
    package func connect(
        toOneOf addresses: [SocketAddress],
        serverName: ServerName,
        keepingOlder: Bool = false
    ) async throws(QUICError) -> LinkPeer {
        let (core, race) = (core, ConnectionRace(addresses, serverName: serverName, keepsOlder: keepingOlder))
        let result: Result<LinkPeer?, QUICError> = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let isTaken = loop.execute {
                    race.begin(in: core.value) { continuation.resume(returning: $0.map(\.peer)) }
                }
                if !isTaken { continuation.resume(returning: .failure(loop.connectionRefusal)) }
            }
        } onCancel: {
            loop.executeAlways { race.cancel() }
        }
        guard let peer = try result.get() else { throw QUICError(.connectionClosed, "the link has ended again") }
        return peer
    }

    nonisolated(nonsending) package func request(
        _ payload: [UInt8],
        to node: NodeID,
        deadline: Instant?
    ) async throws(TransportError) -> [UInt8] {
        try await send(payload, as: .actorCall, to: node, deadline: deadline)
    }

    /// Hands `payload` to `node`, which does not answer; returns once its transport has it.
    nonisolated(nonsending) package func post(_ payload: [UInt8], to node: NodeID, deadline: Instant?)
        async throws(TransportError)
    {
        _ = try await send(payload, as: .actorMessage, to: node, deadline: deadline)
    }

    nonisolated(nonsending) private func send(
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
            loop.executeAlways { request.cancel() }
        }
        return try result.get()
    }

    private func begin(_ request: OutgoingRequest) {
        if loop.isOnLoop { return core.value.begin(request) }
        let core = core
        if !loop.execute({ core.value.begin(request) }) {
            request.end(.failure(loop.transportRefusal))
        }
    }

    /// Each request is handled in a task of its own, which ends with ``serve(_:)``.
    package var cancelsHandlers: Bool { true }

    package func serve(_ handler: @escaping RequestHandler) async {
        let core = core
        guard (try? await loop.run { core.value.service = RequestService(handler) }) != nil else { return }
        // Never opened: it ends when this task is cancelled.
        _ = try? await OneShot<Done>().wait()
        await withCheckedContinuation { continuation in
            loop.executeAlways {
                guard let service = core.value.service.take() else { return continuation.resume() }
                service.pool.stop(continuation)
            }
        }
    }

    /// Ends every link at once; callers are told that theirs is lost.
    package func close(_ message: String = "") async {
        let core = core
        try? await loop.run { core.value.close(code: 0, message) }
    }

    /// Asks every peer to go, lets what is under way end for as long as `patience`, and closes.
    ///
    /// Peers are told to go `elsewhere`, and to spread that over `window`.
    package func leave(
        _ message: String,
        patience: Duration,
        elsewhere: String? = nil,
        window: Duration = .zero
    ) async {
        let core = core
        let farewell = GoAway(
            patienceMilliseconds: UInt32(clamping: patience.wholeNanoseconds / 1_000_000),
            message: message,
            elsewhere: elsewhere,
            windowMilliseconds: UInt32(clamping: window.wholeNanoseconds / 1_000_000)
        )
        await withCheckedContinuation { continuation in
            loop.executeAlways { core.value.leave(farewell, patience: patience) { continuation.resume() } }
        }
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

extension EventLoop {
    /// Why nothing was begun on it: it has ended, or too much waits there.
    var transportRefusal: TransportError {
        let why = refusal
        return TransportError(why.code == .stopped ? .closed : .unreachable, why.message)
    }
}

extension EventLoop {
    /// Why no connection was begun on it: it has ended, or too much waits there, which passes.
    var connectionRefusal: QUICError {
        let why = refusal
        return QUICError(why.code == .stopped ? .stopping : .busy, why.message)
    }
}

// MARK: - Streams of bytes

extension QUICTransport {
    /// Opens a stream of bytes to `node`; whether it is taken there shows when it is read or written.
    ///
    /// Both directions begin at `offset`, which is more than 0 where an earlier stream is gone on with.
    package func openStream(
        to node: NodeID,
        purpose: String,
        offset: UInt64 = 0
    ) async throws(TransportError) -> ByteStream {
        let open = StreamOpen(purpose: purpose, offset: offset, trace: TraceContext.current)
        return try await openStream(to: node, .purpose(open))
    }

    /// Opens a stream to `node` with an escalation frame of that payload: a question, or an answer to go on with.
    ///
    /// Both directions begin at the offset that the payload says.
    package func openStream(
        to node: NodeID,
        asking payload: [UInt8]
    ) async throws(TransportError) -> ByteStream {
        let beginning: StreamBeginning
        do throws(WireError) { beginning = try StreamBeginning(escalation: payload) } catch {
            throw TransportError(.lost, "what is asked cannot be read", cause: error)
        }
        return try await openStream(to: node, beginning)
    }

    private func openStream(
        to node: NodeID,
        _ beginning: StreamBeginning
    ) async throws(TransportError) -> ByteStream {
        let core = core
        let loop = loop
        let opened = try? await loop.run {
            let stream = ByteStreamCore(beginning, to: node)
            core.value.open(stream)
            return ByteStream(stream, on: loop)
        }
        guard let opened else { throw loop.transportRefusal }
        return opened
    }

    /// Takes the streams that peers open for `word`, each in a task of its own, until the calling task is cancelled.
    ///
    /// A purpose is a word alone, or a word, a slash and a name, which is ``ByteStream/name``. When `handler` returns,
    /// our direction ends; when it throws an `ErrorFrame`, the peer is told so, and else of a fault of ours.
    /// When this function returns, no handler runs any more.
    package func serveStreams(
        for word: String,
        _ handler: @escaping @Sendable (ByteStream) async throws -> Void
    ) async {
        await serve(.word(word), handler)
    }

    /// Takes the questions of edges, and answers that they go on with, in the same way: ``ByteStream/question`` says
    /// what is wanted.
    package func serveQuestions(_ handler: @escaping @Sendable (ByteStream) async throws -> Void) async {
        await serve(.escalation, handler)
    }

    private func serve(
        _ kind: StreamBeginning.Service,
        _ handler: @escaping @Sendable (ByteStream) async throws -> Void
    ) async {
        let core = core
        let begin: @Sendable () -> Void = { core.value.streamServices[kind] = StreamService(handler) }
        guard (try? await loop.run(begin)) != nil else { return }
        // Never opened: it ends when this task is cancelled.
        _ = try? await OneShot<Done>().wait()
        await withCheckedContinuation { continuation in
            loop.executeAlways {
                guard let service = core.value.streamServices.removeValue(forKey: kind) else {
                    return continuation.resume()
                }
                service.pool.stop(continuation)
            }
        }
    }
}

// MARK: - Links

extension QUICTransport {
    /// Sends `bytes` once to `node`; they may be lost on the way, or dropped where they do not fit one packet.
    package func send(datagram bytes: [UInt8], to node: NodeID) async {
        let core = core
        try? await loop.run { core.value.link(to: node)?.connection?.send(datagram: bytes) }
    }

    /// Sends `frame` on the control stream to `node`; false where there is no link.
    package func send(control frame: Frame, to node: NodeID) async -> Bool {
        let core = core
        let isSent = try? await loop.run {
            let link = core.value.link(to: node)
            link?.send(frame)
            return link != nil
        }
        return isSent ?? false
    }

    /// Changes the keys of the link to `node`; false where there is none, or an earlier change is not settled.
    package func updateKeys(to node: NodeID) async -> Bool {
        let core = core
        return (try? await loop.run { core.value.link(to: node)?.connection?.updateKeys() ?? false }) ?? false
    }

    /// How the link to `node` stands; one that is ending counts where there is no other.
    package func statistics(to node: NodeID) async -> LinkStatistics? {
        let core = core
        return (try? await loop.run { core.value.anyLink(to: node)?.connection.map(LinkStatistics.init) }) ?? nil
    }

    /// How the paths to `nodes` look, of those that there is a link to; one visit to the loop for all.
    package func paths(to nodes: [NodeID]) async -> [NodeID: PathStatistics] {
        let core = core
        let found = try? await loop.run {
            nodes.reduce(into: [NodeID: PathStatistics]()) { paths, node in
                paths[node] = core.value.anyLink(to: node)?.connection?.pathStatistics
            }
        }
        return found ?? [:]
    }

    /// Whether requests are served, and streams for all of `words`.
    package func serves(streamsFor words: [String] = []) async -> Bool {
        let core = core
        let isServing = try? await loop.run {
            core.value.service != nil && words.allSatisfy { core.value.streamServices[.word($0)] != nil }
        }
        return isServing ?? false
    }

    /// What the endpoint has done beside its connections.
    package func endpointCounts() async -> QUICEndpoint.Counts {
        let core = core
        return (try? await loop.run { core.value.quic?.counts ?? QUICEndpoint.Counts() }) ?? QUICEndpoint.Counts()
    }

    /// Begins nothing more on `link`, and ends it when nothing is under way; a newer one takes what is new.
    package func retire(_ link: PeerLinkID) async {
        let core = core
        try? await loop.run { core.value.retire(link) }
    }

    /// Closes `link` at once.
    package func close(_ link: PeerLinkID, _ message: String = "") async {
        let core = core
        try? await loop.run { core.value.link(link)?.close(code: 0, message) }
    }

    /// How `link` stands; nil once it has ended.
    package func statistics(of link: PeerLinkID) async -> LinkStatistics? {
        let core = core
        return (try? await loop.run { core.value.link(link)?.connection.map(LinkStatistics.init) }) ?? nil
    }

    /// Shows the certificate of `credentials` to whom it meets from now on; links that are open stay as they are.
    ///
    /// For the same node and role: what its hello says does not change.
    package func use(_ credentials: NodeCredentials) async throws {
        let core = core
        try await loop.run { try core.value.use(credentials) }
    }

    /// Takes so many handshakes of others in a second from now on.
    package func use(handshakesPerSecond: Int) async {
        let core = core
        try? await loop.run { core.value.quic?.use(handshakesPerSecond: handshakesPerSecond) }
    }

    /// Has the verifier asked again about every peer, now and at each resumption; ends the links to those whom it
    /// believes no more.
    package func recheckPeers() async {
        let core = core
        try? await loop.run { core.value.recheckPeers() }
    }

    /// Closes all links to `node`.
    package func disconnect(from node: NodeID, _ message: String = "") async {
        let core = core
        try? await loop.run { core.value.disconnect(from: node, message) }
    }

    /// Goes on at `address`, with all links, and returns where that is once every server has confirmed it.
    ///
    /// Where a server has not confirmed it, `pathNotConfirmed` is thrown, and the transport stays at the new address.
    /// For a transport that has only dialled. One change at a time: a second waits for the first, and gives way with
    /// `busy` to a third.
    package func migrate(to address: SocketAddress) async throws(QUICError) -> SocketAddress {
        let result: Result<SocketAddress, QUICError> = await withUnsafeContinuation { continuation in
            let core = core
            let isTaken = loop.execute {
                core.value.migrate(to: address) { continuation.resume(returning: $0) }
            }
            if !isTaken { continuation.resume(returning: .failure(loop.connectionRefusal)) }
        }
        return try result.get()
    }
}
