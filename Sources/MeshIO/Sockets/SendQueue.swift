internal import CMeshSockets
internal import Glibc
internal import MeshCore

/// What waits to be sent: trains in the order in which they were added, and the bytes they point to.
///
/// It makes no call itself: ``flush(_:)`` is given one, so that what the kernel may answer can be tried without a kernel.
package struct SendQueue: ~Copyable {
    private struct Waiting {
        var offset: Int
        var count: Int
        var segmentBytes: Int
        var remote: cmesh_address
        var local: cmesh_address
        var congestion: UInt8
    }

    /// What a call that sends answers: how many messages went, or a negative errno.
    package typealias Send = (_ messages: UnsafeRawPointer, _ count: Int32) -> Int32

    /// How a flush ended.
    package enum Outcome: Hashable, Sendable {
        /// Nothing waits any more.
        case done

        /// The kernel has no room; the rest waits.
        case blocked
    }

    private let arena: UnsafeMutablePointer<UInt8>
    private let messages: UnsafeMutablePointer<cmesh_outgoing>
    private var used = 0
    private var waiting: [Waiting] = []
    private var head = 0
    /// The kernel refused to cut the first train.
    private var isHeadCutHere = false
    private let family: SocketAddress.Family

    /// Whether trains go to the kernel whole.
    package private(set) var isSegmenting: Bool

    /// Whether the addresses to send from are told to the kernel.
    private let choosesSource: Bool

    /// An empty queue for a socket of `family`.
    package init(family: SocketAddress.Family, isSegmenting: Bool, choosesSource: Bool) {
        arena = .allocate(capacity: Limits.IO.maximumBytesToSend)
        messages = .allocate(capacity: Int(cmesh_messages_per_send))
        messages.initialize(repeating: cmesh_outgoing(), count: Int(cmesh_messages_per_send))
        self.family = family
        self.isSegmenting = isSegmenting
        self.choosesSource = choosesSource
    }

    deinit {
        arena.deallocate()
        messages.deallocate()
    }

    /// Whether nothing waits.
    package var isEmpty: Bool { head == waiting.count }

    /// How many trains wait.
    package var count: Int { waiting.count - head }
}

// MARK: - Filling

extension SendQueue {
    /// Memory for a train of at most `count` bytes, to be filled and added at once; nil where there is no room.
    package mutating func reserve(_ count: Int) -> UnsafeMutableRawBufferPointer? {
        precondition(count <= Limits.IO.maximumTrainBytes, "a train of \(count) bytes is too long")
        if Limits.IO.maximumBytesToSend - used < count { compact() }
        guard self.count < Limits.IO.maximumTrainsToSend, Limits.IO.maximumBytesToSend - used >= count else {
            return nil
        }
        return UnsafeMutableRawBufferPointer(start: arena + used, count: count)
    }

    /// Adds the first `count` bytes of what was reserved last.
    package mutating func append(_ train: DatagramTrain, count: Int) {
        precondition(count > 0 && count <= Limits.IO.maximumBytesToSend - used, "a train of \(count) bytes")
        precondition(
            train.segmentBytes > 0 && count <= train.segmentBytes * Limits.IO.maximumSegmentsPerTrain,
            "a train of \(count) bytes in pieces of \(train.segmentBytes)"
        )
        let local = choosesSource ? train.local?.forC(socketFamily: family) : nil
        waiting.append(
            Waiting(
                offset: used,
                count: count,
                segmentBytes: train.segmentBytes,
                remote: train.remote.forC(socketFamily: family),
                local: local ?? cmesh_address(),
                congestion: train.congestion.rawValue
            )
        )
        used += count
    }

    /// Moves what still waits to the front of the arena.
    private mutating func compact() {
        guard head > 0, !isEmpty else { return }
        waiting.removeFirst(head)
        head = 0
        let moved = waiting[0].offset
        arena.update(from: arena + moved, count: used - moved)
        used -= moved
        for index in waiting.indices { waiting[index].offset -= moved }
    }
}

// MARK: - Sending

extension SendQueue {
    /// Sends what waits, in as few calls as possible, until nothing is left or the kernel has no room.
    ///
    /// A datagram that the kernel refuses is dropped and counted; those behind it go all the same. A train that it does
    /// not cut (EIO, EINVAL) is cut here; all later ones too once that has helped. EINVAL alone says little: it is also the
    /// answer to a peer whose port is 0, which must not cost the others their speed.
    package mutating func flush(counting counters: inout UDPCounters, _ send: Send) -> Outcome {
        while !isEmpty {
            let count = fillMessages()
            counters.sendCalls &+= 1
            let answer = send(messages, count)
            if answer > 0 {
                if isHeadCutHere { isSegmenting = false }
                for index in 0..<min(Int(answer), Int(count)) { advance(over: index, counting: &counters) }
            } else if answer == -EAGAIN || answer == 0 {
                counters.timesBlocked &+= 1
                return .blocked
            } else if answer == -EINTR {
                continue
            } else if messages[0].segment_size != 0, answer == -EIO || answer == -EINVAL {
                isHeadCutHere = true
            } else {
                counters.lastRefusal = 0 &- answer
                refuseFirst(counting: &counters)
            }
        }
        used = 0
        waiting.removeAll(keepingCapacity: true)
        head = 0
        return .done
    }

    /// Writes the next messages for C: whole trains, or each of their datagrams where nobody else cuts them.
    private func fillMessages() -> Int32 {
        var count = 0
        var index = head
        while index < waiting.count {
            let train = waiting[index]
            var offset = 0
            while offset < train.count {
                guard count < Int(cmesh_messages_per_send) else { return Int32(count) }
                let left = train.count - offset
                let isWhole = isSegmenting && !isHeadCutHere || left <= train.segmentBytes
                let bytes = isWhole ? left : train.segmentBytes
                messages[count] = cmesh_outgoing(
                    bytes: arena + train.offset + offset,
                    count: UInt32(bytes),
                    segment_size: bytes > train.segmentBytes ? UInt32(train.segmentBytes) : 0,
                    remote: train.remote,
                    local: train.local,
                    congestion: train.congestion
                )
                offset += bytes
                count += 1
            }
            if isHeadCutHere { break }
            index += 1
        }
        return Int32(count)
    }

    private mutating func advance(over index: Int, counting counters: inout UDPCounters) {
        let bytes = Int(messages[index].count)
        let segmentBytes = waiting[head].segmentBytes
        counters.bytesSent &+= UInt64(bytes)
        counters.datagramsSent &+= UInt64((bytes + segmentBytes - 1) / segmentBytes)
        drop(bytes)
    }

    private mutating func refuseFirst(counting counters: inout UDPCounters) {
        let bytes = Int(messages[0].count)
        let segmentBytes = waiting[head].segmentBytes
        counters.datagramsRefused &+= UInt64((bytes + segmentBytes - 1) / segmentBytes)
        drop(bytes)
    }

    private mutating func drop(_ bytes: Int) {
        waiting[head].offset += bytes
        waiting[head].count -= bytes
        guard waiting[head].count == 0 else { return }
        head += 1
        isHeadCutHere = false
    }
}
