internal import Glibc
internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshNode
internal import MeshQUIC
internal import MeshTestKit
internal import MeshTunnel

/// One edge as it ships, and what ends with it.
struct LoneEdge {
    static let to = Option<[String]>("to", "Where the hub is; repeat it for further hubs.")
    static let name = Option<String>("name", default: "edge", "What the edge is called.")
    static let isLogging = Flag("log", "Log to standard error.")

    /// What a command that is an edge lets one say.
    static let parameters: [any ParameterKey] = [AuthorityCommand.folder, to, name, isLogging]

    let edge: Edge
    let clock: any MeshCore.Clock
    private let loop: EventLoop
    private let addresses: LocalAddresses
    private let running: Task<Void, Never>

    /// Begins to connect.
    static func start(_ invocation: Invocation) async throws -> LoneEdge {
        let loop = try EventLoop.start(name: "edge")
        let clock = MachineClock(loop: loop)
        let authority = try AuthorityCommand.open(invocation[AuthorityCommand.folder], clock: clock)
        var hubs: [ConfiguredHub] = []
        for (index, text) in invocation[to].enumerated() {
            hubs.append(ConfiguredHub(try HubAddress(text), priority: UInt16(index)))
        }
        var parts = Edge.Parts(
            loop: loop,
            credentials: try authority.credentials(.edge, invocation[name]),
            verifier: authority.verifier,
            hubs: hubs,
            resolver: SystemResolver(clock: clock),
            clock: clock,
            generator: SeededGenerator(seed: UInt64(getpid()) << 32 | UInt64(clock.now.nanoseconds & 0xFFFF_FFFF)),
            logger: LoadLog.logger(isOn: invocation[isLogging], clock)
        )
        let addresses = try await LocalAddresses.watch(on: loop)
        parts.addresses = addresses
        let edge = try await Edge.make(parts)
        let running = Task(executorPreference: loop) { await edge.run() }
        return LoneEdge(edge: edge, clock: clock, loop: loop, addresses: addresses, running: running)
    }

    /// Runs `body` on the edge's loop.
    func perform<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await Task(executorPreference: loop) { try await body() }.value
    }

    func end() async {
        running.cancel()
        await running.value
        addresses.close()
        loop.stop()
    }
}

/// Opens streams as an edge does, and counts those that are for one word.
final class CountedChannels: ByteChannelOpener {
    private let opener: HubChannels
    private let word: String
    private let opened = Lock(0)

    init(_ opener: HubChannels, for word: StreamPurpose.Word) {
        self.opener = opener
        self.word = "\(word.rawValue)/"
    }

    var count: Int { opened.withLock { $0 } }

    func open(_ purpose: String, offset: UInt64) async throws(TransportError) -> any ByteChannel {
        let channel = try await opener.open(purpose, offset: offset)
        if purpose.hasPrefix(word) { opened.withLock { $0 += 1 } }
        return channel
    }
}
