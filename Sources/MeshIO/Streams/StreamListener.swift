internal import CMeshSockets
internal import Glibc
internal import MeshCore

/// A listening TCP socket on a loop, which accepts connections for its owner.
///
/// Confined to that loop, which keeps it while it is open. Whoever opens it closes it.
package final class StreamListener {
    /// What accepting fails with, as a number of errno; 0 where the kernel is to be asked.
    package typealias Refusal = () -> Int32

    private let loop: EventLoop
    private let descriptor: Int32
    private let refusal: Refusal?
    private var registration: LoopRegistration?
    private lazy var retry = LoopTimer(handler: self)
    private weak var owner: (any StreamListenerOwner)?
    private var lacksRoom = false
    private let desk: TLSDesk?

    /// The address it is bound to, with its port.
    package let localAddress: SocketAddress

    /// Whether its owner has paused it.
    package private(set) var isPaused = false

    /// Listens at `address`, any free port where that is 0.
    ///
    /// On the loop alone.
    ///
    /// `refusal` stands in for the kernel's where a test is to see it without room.
    package init(
        address: SocketAddress,
        configuration: StreamListenerConfiguration = StreamListenerConfiguration(),
        loop: EventLoop,
        owner: any StreamListenerOwner,
        refusal: Refusal? = nil
    ) throws(IOError) {
        loop.preconditionOnLoop()
        self.loop = loop
        self.owner = owner
        self.refusal = refusal
        desk = configuration.identity.map { TLSDesk(loop: loop, identity: $0) }
        var bound = address.forC(socketFamily: address.family)
        var options = cmesh_stream_options(configuration, isWildcard: address.isWildcard)
        descriptor = cmesh_stream_listen(&bound, Int32(Limits.Streams.maximumWaiting), &options)
        guard descriptor >= 0 else { throw .system(descriptor, "listening at \(address)") }
        localAddress = SocketAddress(bound) ?? address
        do throws(IOError) {
            registration = try loop.register(descriptor, for: .readable, handler: self)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        // Not closed, but its loop has ended: nobody watches it any more.
        if registration != nil { Glibc.close(descriptor) }
    }

    /// Ends it: whoever waits in the kernel is refused, accepted connections live on.
    ///
    /// On the loop alone.
    package func close() {
        loop.preconditionOnLoop()
        guard let registration = registration.take() else { return }
        loop.cancel(retry)
        loop.deregister(registration)
        Glibc.close(descriptor)
    }

    /// Accepts nobody until ``resume()``; who comes waits in the kernel.
    ///
    /// On the loop alone.
    package func pause() {
        loop.preconditionOnLoop()
        isPaused = true
        watch()
    }

    /// Accepts again.
    ///
    /// On the loop alone.
    package func resume() {
        loop.preconditionOnLoop()
        isPaused = false
        watch()
    }

    /// Cannot fail for a descriptor that is watched already: the kernel needs no memory for it.
    private func watch() {
        guard let registration else { return }
        do throws(IOError) {
            try loop.update(registration, for: isPaused || lacksRoom ? [] : .readable)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

// MARK: - Accepting

extension StreamListener: LoopHandler, TimerHandler {
    /// Accepts; for the loop.
    package func ready(_ readiness: Readiness) {
        guard let owner else { return close() }
        for _ in 0..<Limits.Streams.maximumAcceptsPerTurn {
            // The owner may close or pause it at any connection, and the loop have no room for one.
            guard registration != nil, !isPaused, !lacksRoom else { return }
            var remote = cmesh_address()
            let refused = refusal?() ?? 0
            let accepted = refused == 0 ? cmesh_stream_accept(descriptor, &remote) : -refused
            if accepted >= 0 {
                take(accepted, from: remote, for: owner)
            } else if accepted == -EAGAIN {
                return
            } else if !Self.isOfOneConnection(-accepted) {
                return waitForRoom(.system(accepted, "accepting a connection"), owner)
            }
        }
    }

    /// Accepts again after a shortage; for the loop.
    package func timerFired(_ timer: LoopTimer) {
        lacksRoom = false
        watch()
    }

    private func take(_ accepted: Int32, from remote: cmesh_address, for owner: any StreamListenerOwner) {
        guard let remoteAddress = SocketAddress(remote) else {
            Glibc.close(accepted)
            return
        }
        let socket: StreamSocket
        do throws(IOError) {
            socket = try StreamSocket(
                loop: loop,
                descriptor: accepted,
                remoteAddress: remoteAddress,
                localAddress: addressReached(by: accepted),
                desk: desk
            )
        } catch {
            return waitForRoom(error, owner)
        }
        owner.accepted(socket)
        socket.begin()
    }

    private func addressReached(by accepted: Int32) -> SocketAddress {
        var local = cmesh_address()
        guard localAddress.isWildcard, cmesh_socket_local(accepted, &local) == 0 else { return localAddress }
        return SocketAddress(local) ?? localAddress
    }

    private func waitForRoom(_ error: IOError, _ owner: any StreamListenerOwner) {
        lacksRoom = true
        watch()
        loop.schedule(retry, at: loop.now + Limits.Streams.acceptingAgainAfter)
        owner.acceptingPaused(error)
    }

    /// Whether the error is that of the connection which would have been accepted: the next one may do better.
    private static func isOfOneConnection(_ number: Int32) -> Bool {
        switch number {
        case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
            ENETUNREACH, ETIMEDOUT:
            true
        default: false
        }
    }
}

extension cmesh_stream_options {
    fileprivate init(_ configuration: StreamListenerConfiguration, isWildcard: Bool) {
        self.init(
            shares_port: configuration.isSharingPort,
            is_dual_stack: configuration.isDualStack && isWildcard,
            unsent_bytes: Int32(Limits.Streams.maximumUnsentBytes),
            unacknowledged_milliseconds: Int32(Limits.Streams.unacknowledgedTimeout.components.seconds * 1_000),
            probe_after: Int32(Limits.Streams.probeAfter.components.seconds),
            probe_interval: Int32(Limits.Streams.probeInterval.components.seconds),
            probe_count: Int32(Limits.Streams.probes)
        )
    }
}
