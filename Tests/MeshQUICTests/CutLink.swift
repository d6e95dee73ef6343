import MeshActors
import MeshCore
import MeshIO
import MeshProxy
import MeshQUIC
import MeshTestKit
import MeshTunnel

/// An edge's link to its hub over a slow path, which is cut and made again; who goes on waits for it.
final class CutLink: Sendable {
    /// How the link is cut.
    enum Manner: CaseIterable { case killed, blackholed }

    private let pair: LinkPair
    private let proxy: LoopHeldProxy
    private let address: SocketAddress
    private let node: NodeID
    /// What is opened when there is a link again; nil while there is one.
    private let down = Lock<OneShot<Done>?>(nil)

    private init(_ pair: LinkPair, _ proxy: LoopHeldProxy, _ address: SocketAddress, _ node: NodeID) {
        self.pair = pair
        self.proxy = proxy
        self.address = address
        self.node = node
    }

    /// Connects the edge of `pair` by a path that behaves as `rule` says in both directions.
    static func open(_ pair: LinkPair, _ rule: LinkRule) async throws -> CutLink {
        let (loop, server) = (pair.loop, pair.hubAddress)
        let (proxy, address) = try await loop.run {
            let rules: [LinkDirection: LinkRule] = [.up: rule, .down: rule]
            let proxy = try UDPProxy(
                loop: loop,
                address: .loopbackIPv4(port: 0),
                server: server,
                rules: rules,
                seed: 1
            )
            return (LoopHeldProxy(proxy: proxy), proxy.localAddress)
        }
        let node = try await pair.edge.connect(to: address, serverName: .dns("localhost"))
        return CutLink(pair, proxy, address, node)
    }

    /// Streams to the hub, which wait while the link is down.
    var streams: TunnelStreams {
        TunnelStreams(opener: PeerChannels(pair.edge, to: node), clock: pair.clock) {
            [self] () async throws(CancellationError) in _ = try await down.withLock { $0 }?.wait()
        }
    }

    /// Cuts the link, and makes another.
    func cut(_ manner: Manner) async throws {
        let isUp = OneShot<Done>()
        down.withLock { $0 = isUp }
        let (proxy, loop) = (proxy, pair.loop)
        if manner == .blackholed {
            try await loop.run { for way in LinkDirection.allCases { proxy.proxy.blackhole(way) } }
            // What is under way is gone by then, and nobody has been told.
            try await pair.clock.sleep(for: .milliseconds(100))
        }
        await pair.edge.disconnect(from: node, "cut")
        try await loop.run { for way in LinkDirection.allCases { proxy.proxy.heal(way) } }
        _ = try await pair.edge.connect(to: address, serverName: .dns("localhost"))
        down.withLock { $0 = nil }
        isUp.open(Done())
    }

    /// Bytes that the path has carried from the edge and to it.
    func carried() async throws -> (up: UInt64, down: UInt64) {
        let proxy = proxy
        return try await pair.loop.run {
            (proxy.proxy.counts(.up).deliveredBytes, proxy.proxy.counts(.down).deliveredBytes)
        }
    }

    func close() async throws {
        let proxy = proxy
        try await pair.loop.run { proxy.proxy.close() }
    }
}

/// A proxy, held by those off its loop.
///
/// Sendable: used on its loop alone.
struct LoopHeldProxy: @unchecked Sendable {
    let proxy: UDPProxy
}

/// Content in memory, which counts what is handed over of it.
final class CountedContent: ByteSource, ByteSources {
    private let bytes: [UInt8]
    private let taken = Lock(UInt64(0))

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Content that a seed decides.
    convenience init(length: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        self.init(
            [UInt8](unsafeUninitializedCapacity: length) { memory, initialized in
                for offset in stride(from: 0, to: length - 7, by: 8) {
                    UnsafeMutableRawBufferPointer(memory).storeBytes(
                        of: generator.next(),
                        toByteOffset: offset,
                        as: UInt64.self
                    )
                }
                initialized = length / 8 * 8
            }
        )
    }

    var length: UInt64 { UInt64(bytes.count) }

    var bytesTaken: UInt64 { taken.withLock { $0 } }

    var digest: SHA256Digest { SHA256.digest(bytes) }

    func read(at offset: UInt64, count: Int) async throws -> [UInt8] {
        taken.withLock { $0 += UInt64(count) }
        return Array(bytes[Int(offset)..<Int(offset) + count])
    }

    func source(named name: StreamName, for node: NodeID) async throws -> (any ByteSource)? { self }
}

/// Hashes what it is given, and says at which places it is to be told.
final class HashingSink: ByteSink, ByteSinks {
    private struct State {
        var hash = SHA256()
        var received = UInt64(0)
        var isComplete = false
    }

    private let state = Lock(State())
    private let reached: @Sendable (UInt64) -> Void

    init(reached: @escaping @Sendable (UInt64) -> Void) { self.reached = reached }

    var digest: SHA256Digest { state.withLock { $0.hash }.finish() }

    func progress() async throws -> UploadProgress {
        state.withLock { UploadProgress(received: $0.received, isComplete: $0.isComplete) }
    }

    func append(_ bytes: [UInt8]) async throws {
        let received = state.withLock { state in
            bytes.withUnsafeBytes { state.hash.update($0) }
            state.received += UInt64(bytes.count)
            return state.received
        }
        reached(received)
    }

    func complete() async throws { state.withLock { $0.isComplete = true } }

    func sink(named name: StreamName, from node: NodeID) async throws -> (any ByteSink)? { self }
}
