import MeshActors
import MeshCore
import MeshEscalation
import MeshPrivacy
import MeshRelay
import MeshTunnel
import MeshWire

/// A test double: one end of a stream in memory, which tells a cancel from a cut, and knows what was done to it.
final class PipedChannel: ByteChannel {
    private struct Way {
        var items: [[UInt8]] = []
        var hasEnded = false
        var failure: TransportError?
    }

    private final class Pipe: Sendable {
        let ways = Lock([Way(), Way()])
        let arrived = [Signal(), Signal()]

        func change(_ side: Int, _ body: (inout Way) -> Void) {
            ways.withLock { body(&$0[side]) }
            arrived[side].raise()
        }
    }

    let node: NodeID
    let purpose = "answers"
    let offset: UInt64 = 0
    private let pipe: Pipe
    private let side: Int

    private init(_ pipe: Pipe, _ side: Int, _ node: NodeID) { (self.pipe, self.side, self.node) = (pipe, side, node) }

    /// The edge's end and the hub's.
    static func pair(of edge: NodeIdentity) throws -> (edge: PipedChannel, hub: PipedChannel) {
        let pipe = Pipe()
        return (PipedChannel(pipe, 0, try NodeID("hub-1")), PipedChannel(pipe, 1, edge.node))
    }

    func read() async throws(TransportError) -> [UInt8]? {
        let result: Result<[UInt8]?, TransportError> = await withTaskCancellationHandler {
            while true {
                let found: Result<[UInt8]?, TransportError>? = pipe.ways.withLock { ways in
                    if let failure = ways[side].failure { return .failure(failure) }
                    if !ways[side].items.isEmpty { return .success(ways[side].items.removeFirst()) }
                    return ways[side].hasEnded ? .success(nil) : nil
                }
                if let found { return found }
                await pipe.arrived[side].wait()
            }
        } onCancel: {
            cancel()
        }
        return try result.get()
    }

    func write(_ bytes: [UInt8]) async throws(TransportError) {
        if let failure = pipe.ways.withLock({ $0[side].failure }) { throw failure }
        pipe.change(1 - side) { $0.items.append(bytes) }
    }

    func finish() async throws(TransportError) { pipe.change(1 - side) { $0.hasEnded = true } }
    func seal() { letGo() }
    func cancel() { end(TransportError(.lost, "cancelled", cause: PeerCancelled())) }
    func letGo() { end(TransportError(.lost, "let go")) }
    func refuse(_ frame: ErrorFrame) { end(TransportError(.lost, "refused", cause: frame)) }

    /// Why it is over, as this end knows it.
    var failure: TransportError? { pipe.ways.withLock { $0[side].failure } }

    private func end(_ told: TransportError) {
        for (side, error) in [(side, TransportError(.lost, "ended here")), (1 - side, told)] {
            pipe.change(side) { $0.failure = $0.failure ?? error }
        }
    }
}

extension PipedChannel: CustomStringConvertible {
    var description: String { "a stream to \(node)" }
}

/// A test double of a tunnel: hands each stream's other end to whoever waits for it.
final class PipedOpener: AnswerChannelOpener {
    let opened = Intake<(channel: PipedChannel, opening: RelayOpening)>(capacity: 64)
    private let edge: NodeIdentity

    init(_ edge: NodeIdentity) { self.edge = edge }

    var isConnected: Bool { true }

    func open(asking payload: [UInt8]) async throws(TransportError) -> any ByteChannel {
        guard let (own, other) = try? PipedChannel.pair(of: edge), let opening = try? RelayOpening(wireBytes: payload),
            opened.offer((other, opening))
        else { throw TransportError(.unreachable, "there is no way") }
        return own
    }
}
