internal import CMeshSockets
internal import Glibc
internal import MeshCore

/// Whom a UDP socket serves, on the loop's thread.
package protocol UDPSocketOwner: AnyObject {
    /// A datagram came. It is lent: copy what outlives the call.
    func received(_ datagram: borrowing ReceivedDatagram)

    /// All datagrams fetched in this turn have been handed over.
    func receivedAll()

    /// There is room again, after ``UDPSocket/isBlocked``.
    func sendingUnblocked()
}

/// A UDP socket on a loop: datagrams in batches, both ways.
///
/// Confined to that loop.
///
/// Trains are added with ``reserve(_:)`` and ``append(_:count:)`` and leave with ``flush()``, which an owner calls
/// once a turn. Where the kernel has no room the rest waits, up to the bounds of `Limits.IO`, and leaves by itself.
/// Whoever opens it closes it.
package final class UDPSocket {
    private let loop: EventLoop
    private let descriptor: Int32
    private let batch: ReceiveBatch
    private var registration: LoopRegistration?
    private var queue: SendQueue
    private let send: SendQueue.Send?

    /// Who is told; not kept.
    ///
    /// Where it is missing when a datagram comes, the socket closes itself.
    package weak var owner: (any UDPSocketOwner)?

    /// The address it is bound to, with its port.
    package let localAddress: SocketAddress

    /// What the kernel granted for receiving, in bytes.
    package let receiveBufferBytes: Int

    /// What the kernel granted for sending, in bytes.
    package let sendBufferBytes: Int

    /// Whether the kernel joins datagrams (GRO).
    package let isJoining: Bool

    /// What it has done.
    package private(set) var counters = UDPCounters()

    /// Whether the kernel had no room; the owner is told when it has.
    package private(set) var isBlocked = false

    /// Binds a socket to `address`, any free port where that is 0.
    ///
    /// On the loop alone.
    ///
    /// The loop keeps an open socket. An owner that needs the socket for its own beginning sets ``owner`` afterwards.
    /// Sockets of one loop may share a batch. `send` stands in for the kernel's call where a test is to see it
    /// without room.
    package init(
        loop: EventLoop,
        address: SocketAddress,
        configuration: UDPConfiguration = UDPConfiguration(),
        batch: ReceiveBatch = ReceiveBatch(),
        send: SendQueue.Send? = nil,
        owner: (any UDPSocketOwner)? = nil
    ) throws(IOError) {
        loop.preconditionOnLoop()
        let opened = try OpenedSocket(address, configuration)
        self.loop = loop
        self.owner = owner
        self.batch = batch
        self.send = send
        descriptor = opened.descriptor
        localAddress = opened.local
        isJoining = opened.isJoining
        receiveBufferBytes = opened.receiveBufferBytes
        sendBufferBytes = opened.sendBufferBytes
        queue = SendQueue(
            family: address.family,
            isSegmenting: opened.isSegmenting,
            choosesSource: address.isWildcard
        )
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

    /// Ends the use of it: no call to the owner any more, what waits is dropped.
    ///
    /// On the loop alone.
    package func close() {
        loop.preconditionOnLoop()
        guard let registration = registration.take() else { return }
        loop.deregister(registration)
        Glibc.close(descriptor)
    }

    /// Whether the kernel cuts trains (GSO).
    package var isSegmenting: Bool { queue.isSegmenting }

    /// Trains that wait.
    package var waitingTrains: Int { queue.count }

    /// Datagrams that the kernel dropped because nobody fetched them in time.
    package var overflows: UInt32 { registration == nil ? 0 : cmesh_udp_overflows(descriptor) }
}

// MARK: - Sending

extension UDPSocket {
    /// Memory for a train of at most `count` bytes, to be filled and added at once.
    ///
    /// Nil where as much waits as may: the owner goes on once it is told that the socket is unblocked.
    package func reserve(_ count: Int) -> UnsafeMutableRawBufferPointer? {
        if let memory = queue.reserve(count) { return memory }
        flush()
        return queue.reserve(count)
    }

    /// Adds the first `count` bytes of what was reserved last.
    package func append(_ train: DatagramTrain, count: Int) { queue.append(train, count: count) }

    /// Sends what waits and returns how many datagrams went.
    ///
    /// On the loop alone.
    ///
    /// Where the kernel has no room for all of them, ``isBlocked`` is set and the rest leaves by itself.
    @discardableResult
    package func flush() -> Int {
        loop.preconditionOnLoop()
        guard let registration, !isBlocked, !queue.isEmpty else { return 0 }
        let before = counters.datagramsSent
        if sendWaiting() == .blocked {
            isBlocked = true
            watch(registration, for: [.readable, .writable])
        }
        return Int(counters.datagramsSent &- before)
    }

    private func sendWaiting() -> SendQueue.Outcome {
        if let send { return queue.flush(counting: &counters, send) }
        let descriptor = descriptor
        return queue.flush(counting: &counters) { messages, count in
            cmesh_send(descriptor, messages.assumingMemoryBound(to: cmesh_outgoing.self), count)
        }
    }

    private func unblock() {
        guard let registration, isBlocked, sendWaiting() == .done else { return }
        isBlocked = false
        watch(registration, for: .readable)
        owner?.sendingUnblocked()
    }

    /// Cannot fail for a descriptor that is watched already: the kernel needs no memory for it.
    private func watch(_ registration: LoopRegistration, for readiness: Readiness) {
        do throws(IOError) {
            try loop.update(registration, for: readiness)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

// MARK: - Receiving

extension UDPSocket: LoopHandler {
    /// Fetches and sends; for the loop.
    package func ready(_ readiness: Readiness) {
        if readiness.contains(.writable) { unblock() }
        if !readiness.isDisjoint(with: [.readable, .failed]) { receive() }
    }

    private func receive() {
        guard let owner else { return close() }
        var hasReceived = false
        for _ in 0..<Limits.IO.maximumReceivesPerTurn {
            counters.receiveCalls &+= 1
            let count = Int(batch.receive(from: descriptor))
            // No more, or an error of an earlier datagram, which this call has taken off the socket.
            guard count > 0 else { break }
            hasReceived = true
            for index in 0..<count {
                // The owner may close it at any datagram.
                guard registration != nil else { return }
                deliver(index, to: owner)
            }
            guard count == batch.capacity else { break }
        }
        if hasReceived, registration != nil { owner.receivedAll() }
    }

    private func deliver(_ index: Int, to owner: any UDPSocketOwner) {
        let message = batch.message(index)
        guard !message.is_truncated, let remote = SocketAddress(message.remote) else {
            counters.datagramsTruncated &+= 1
            return
        }
        let local = SocketAddress(message.local, port: localAddress.port) ?? localAddress
        let congestion = CongestionMark(rawValue: message.congestion) ?? .none
        let total = Int(message.count)
        let segment = message.segment_size == 0 ? total : Int(message.segment_size)
        var offset = 0
        repeat {
            let end = min(total, offset + segment)
            counters.datagramsReceived &+= 1
            counters.bytesReceived &+= UInt64(end - offset)
            let bytes = batch.bytes(of: index, offset..<end)
            owner.received(
                ReceivedDatagram(bytes: bytes.bytes, remote: remote, local: local, congestion: congestion)
            )
            offset = end
        } while offset < total && registration != nil
    }
}
