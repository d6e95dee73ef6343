package import MeshCore
package import MeshIO

/// A server of HTTP/1.1 on one or several loops.
///
/// Each loop has its own listeners for the same addresses, among which the kernel spreads clients, and a connection
/// stays on its loop. The handler is called on the loop of the connection: what it does there without waiting keeps
/// other connections waiting. Whoever makes a server stops it; it does not stop the loops.
package final class HTTPServer: Sendable {
    private let workers: [ServerWorker]

    /// A server that listens nowhere yet.
    package init(
        loops: [EventLoop],
        configuration: ServerConfiguration = ServerConfiguration(),
        handler: any HTTPHandler,
        observer: (any HTTPServerObserver)? = nil,
        clock: any Clock,
        logger: Logger,
        generator: SeededGenerator
    ) {
        precondition(!loops.isEmpty, "a server needs a loop")
        let ledger = ConnectionLedger(maximumPerAddress: configuration.maximumConnectionsPerAddress)
        var generator = generator
        workers = loops.map { loop in
            ServerWorker(
                loop: loop,
                share: loops.count,
                ledger: ledger,
                configuration: configuration,
                handler: handler,
                observer: observer,
                clock: clock,
                logger: logger,
                generator: generator.split()
            )
        }
    }

    /// Listens at `address`, any free port where that is 0, and returns where it does; with an `identity` over TLS.
    ///
    /// Throws what the system objects to, `tooMany` beyond ``Limits/HTTPServer/maximumListeners``.
    package func listen(at address: SocketAddress, identity: TLSIdentity? = nil) async throws -> SocketAddress {
        var bound = address
        for (index, worker) in workers.enumerated() {
            let wanted = bound
            let isSharing = workers.count > 1
            do {
                bound = try await worker.loop.run {
                    try worker.listen(at: wanted, identity: identity, sharing: isSharing)
                }
            } catch {
                for earlier in workers[..<index] { earlier.loop.executeAlways { earlier.closeListener(at: wanted) } }
                throw error
            }
        }
        return bound
    }

    /// Accepts nobody any more and closes idle connections; running requests get their answer, with
    /// `connection: close`, or are cancelled after ``ServerConfiguration/stopping``.
    ///
    /// Returns once every connection is closed and every handler has returned.
    package func stop() async {
        for worker in workers { worker.loop.executeAlways { worker.stop() } }
        for worker in workers {
            await LoopWait(loop: worker.loop).wait { worker.waitForEnd($0) }
        }
    }

    /// What a server is at.
    package struct Statistics: Hashable, Sendable {
        /// Connections since the start.
        package var accepted = 0
        /// Open connections.
        package var connections = 0
        /// Handlers that have not returned.
        package var handlers = 0
    }

    /// What the server is at.
    package func statistics() async -> Statistics {
        var sum = Statistics()
        for worker in workers {
            let figures = await withCheckedContinuation { continuation in
                worker.loop.enter {
                    continuation.resume(
                        returning: (worker.acceptedCount, worker.connectionCount, worker.handlersRunning)
                    )
                }
            }
            sum.accepted += figures.0
            sum.connections += figures.1
            sum.handlers += figures.2
        }
        return sum
    }
}
