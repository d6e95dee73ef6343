import MeshCore
import MeshIO
import MeshTestKit
import Testing

/// What the owner of a stream was told, in order.
enum StreamEvent: Hashable, Sendable {
    case opened
    case read([UInt8])
    case ended
    case peerEnded
    case writable
    case failed(IOErrorCode)
}

/// How the server's side of a connection treats what comes.
struct StreamManner: Sendable {
    var echoes = false
    var isReading = true
    /// How much is read at once.
    var room = 4_096
}

/// The server's side of one connection: reads everything, unless told otherwise, and remembers what it hears.
///
/// Sendable: confined to its loop but for `events` and `written`, which are locks.
final class StreamSide: StreamSocketOwner, @unchecked Sendable {
    let socket: StreamSocket
    let events: Watched<[StreamEvent]>
    let written = Watched(0)
    /// How it treats what comes.
    var manner: StreamManner
    /// What is still to be written.
    var output: [UInt8] = []

    init(_ socket: StreamSocket, _ manner: StreamManner, events: Watched<[StreamEvent]>) {
        self.socket = socket
        self.manner = manner
        self.events = events
        socket.owner = self
    }

    private func hear(_ event: StreamEvent) { events.change { $0.append(event) } }

    func streamOpened() { hear(.opened) }

    func streamReadable() { if manner.isReading { readAll() } }

    func readAll() {
        var buffer = [UInt8](repeating: 0, count: manner.room)
        while manner.isReading {
            switch buffer.withUnsafeMutableBytes({ socket.read(into: $0) }) {
            case .bytes(let count):
                hear(.read(Array(buffer[..<count])))
                if manner.echoes { write(Array(buffer[..<count])) }
            case .blocked: return
            case .ended: return hear(.ended)
            case .failed(let error): return hear(.failed(error.code))
            }
        }
    }

    func write(_ bytes: [UInt8]) {
        output += bytes
        flush()
    }

    func flush() {
        while !output.isEmpty {
            switch output.withUnsafeBytes({ socket.write($0) }) {
            case .wrote(let count):
                output.removeFirst(count)
                written.change { $0 += count }
            case .blocked: return
            case .failed(let error): return hear(.failed(error.code))
            }
        }
    }

    func streamWritable() {
        hear(.writable)
        flush()
    }

    func streamPeerEnded() { hear(.peerEnded) }

    func streamFailed(_ error: IOError) { hear(.failed(error.code)) }
}

/// A listener whose connections have sides that remember what they hear.
///
/// Sendable: confined to its loop but for what is in locks.
final class StreamServer: StreamListenerOwner, @unchecked Sendable {
    let events = Watched<[StreamEvent]>([])
    let sides = Watched<[StreamSide]>([])
    let pauses = Watched<[IOErrorCode]>([])
    private let manner: StreamManner
    private var refusals: [Int32]
    private(set) var timesAsked = 0
    private var opened: StreamListener?

    init(
        _ loop: EventLoop,
        at address: SocketAddress = .loopbackIPv4(port: 0),
        _ configuration: StreamListenerConfiguration = StreamListenerConfiguration(),
        manner: StreamManner = StreamManner(),
        refusals: [Int32] = []
    ) throws {
        self.manner = manner
        self.refusals = refusals
        opened = try StreamListener(
            address: address,
            configuration: configuration,
            loop: loop,
            owner: self,
            refusal: refusals.isEmpty ? nil : { [unowned self] in refuse() }
        )
    }

    private func refuse() -> Int32 {
        timesAsked += 1
        return refusals.isEmpty ? 0 : refusals.removeFirst()
    }

    var listener: StreamListener {
        guard let opened else { preconditionFailure("the server has no listener") }
        return opened
    }

    func accepted(_ socket: StreamSocket) {
        let side = StreamSide(socket, manner, events: events)
        sides.change { $0.append(side) }
    }

    func acceptingPaused(_ error: IOError) { pauses.change { $0.append(error.code) } }

    /// The side of the first connection.
    func firstSide() async -> StreamSide { await sides.wait { !$0.isEmpty }[0] }

    func close() {
        listener.close()
        for side in sides.value { side.socket.close() }
    }
}

extension [StreamEvent] {
    /// All bytes read.
    var bytes: [UInt8] {
        flatMap { event -> [UInt8] in
            if case .read(let bytes) = event { bytes } else { [] }
        }
    }
}

/// A server on a loop of its own for one test.
func withStreamServer(
    at address: SocketAddress = .loopbackIPv4(port: 0),
    _ configuration: StreamListenerConfiguration = StreamListenerConfiguration(),
    manner: StreamManner = StreamManner(),
    refusals: [Int32] = [],
    _ body: (StreamServer, SocketAddress, EventLoop) async throws -> Void
) async throws {
    try await withLoop { loop in
        let server = try await loop.run {
            try StreamServer(loop, at: address, configuration, manner: manner, refusals: refusals)
        }
        let local = try await loop.run { server.listener.localAddress }
        try await body(server, local, loop)
        try await loop.run { server.close() }
    }
}
