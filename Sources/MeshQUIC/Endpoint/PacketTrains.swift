internal import CMeshQUIC
internal import MeshCore
internal import MeshIO

/// Joins packets of one size that go one way into trains, which the kernel takes as one message.
///
/// Packets lie one behind the other in the socket's memory: one that cannot join ends the train before it and is
/// already in the place where the next begins.
final class PacketTrains {
    private let socket: UDPSocket
    /// Where ngtcp2 writes which way a packet goes.
    let path: UnsafeMutablePointer<ngtcp2_path_storage>

    private var memory: UnsafeMutableRawBufferPointer?
    private var bytes = 0
    private var packets = 0
    private var train: DatagramTrain?

    init(socket: UDPSocket) {
        self.socket = socket
        path = .allocate(capacity: 1)
        ngtcp2_path_storage_zero(path)
    }

    deinit { path.deallocate() }

    /// Room for one more packet of `capacity` bytes; nil while the socket holds all that it may.
    func space(for capacity: Int) -> UnsafeMutablePointer<UInt8>? {
        if packets == Self.maximumPackets { endTrain() }
        if let memory, memory.count - bytes < capacity { endTrain() }
        if memory == nil { memory = socket.reserve(Self.trainBytes) }
        return memory?.baseAddress.map { ($0 + bytes).assumingMemoryBound(to: UInt8.self) }
    }

    /// The packet of `count` bytes that was just written goes the way that `path` says.
    func add(_ count: Int, ecn: UInt8) {
        guard let remote = SocketAddress(path.pointee.path.remote) else { return }
        let congestion = CongestionMark(rawValue: ecn) ?? .none
        if let train, train.remote == remote, train.congestion == congestion, count <= train.segmentBytes {
            extend(by: count)
            if count < train.segmentBytes { endTrain() }
            return
        }
        if train != nil {
            endTrain()
            // The same memory, from where the packet lies.
            memory = socket.reserve(count)
        }
        train = DatagramTrain(
            segmentBytes: count,
            to: remote,
            from: SocketAddress(path.pointee.path.local),
            congestion: congestion
        )
        extend(by: count)
        // What was reserved behind a train that had to end holds this packet alone.
        if memory?.count == count { endTrain() }
    }

    private func extend(by count: Int) {
        bytes += count
        packets += 1
    }

    /// Hands the train to the socket.
    func endTrain() {
        if let train, bytes > 0 { socket.append(train, count: bytes) }
        (memory, train, bytes, packets) = (nil, nil, 0, 0)
    }

    /// Sends one packet that was made elsewhere.
    func send(_ packet: [UInt8], to remote: SocketAddress, from local: SocketAddress?) {
        endTrain()
        guard let memory = socket.reserve(packet.count) else { return }
        packet.withUnsafeBytes { memory.copyMemory(from: $0) }
        socket.append(DatagramTrain(segmentBytes: packet.count, to: remote, from: local), count: packet.count)
    }

    private static let maximumPackets = 44
    private static let trainBytes = 65_000
}
