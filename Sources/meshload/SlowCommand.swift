internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshProxy
internal import MeshQUIC
internal import MeshTestKit

/// Peers with good certificates and bad manners: they ask, and never read.
enum SlowCommand {
    private static let to = Option<String>("to", "The address of the hub.")
    private static let readers = Option<Int>("readers", as: .within(1...10_000), default: 1_000, "How many edges.")
    private static let requests = Option<Int>("requests", as: .within(1...1_024), default: 16, "For each edge.")
    private static let answerBytes = Option<Int>(
        "answer-bytes",
        as: .within(0...1_000_000),
        default: 500_000,
        "Of each."
    )
    private static let seconds = Option<Int>("seconds", as: .within(1...100_000), default: 20, "How long.")

    static let command = Command(
        "slow",
        summary: "Ask for large answers and never read them.",
        discussion: "Prints `ready` once all have asked, then waits, then one JSON object.",
        parameters: [AuthorityCommand.folder, to, readers, requests, answerBytes, seconds]
    ) { invocation in
        guard let address = ProxyCommand.address(invocation[to]) else {
            throw invocation.usageError("an address is four numbers and a port")
        }
        let loop = try EventLoop.start(name: "slow")
        let clock = MachineClock(loop: loop)
        let authority = try AuthorityCommand.open(invocation[AuthorityCommand.folder], clock: clock)
        let end = clock.now + .seconds(invocation[seconds])
        let (requests, answerBytes) = (invocation[requests], invocation[answerBytes])
        var slow: [LoopHeld<SlowReader>] = []
        for index in 0..<invocation[readers] {
            let credentials = try authority.credentials(.edge, "slow-\(index)")
            let reader = try await loop.run {
                let reader = SlowReader(credentials.identity.node, requests: requests, answerBytes: answerBytes)
                try reader.connect(
                    to: address,
                    loop: loop,
                    credentials: credentials,
                    verifier: authority.verifier,
                    clock: clock
                )
                return LoopHeld(reader)
            }
            slow.append(reader)
        }
        try invocation.terminal.writeLine("ready")
        try await clock.sleep(until: end)
        var (asked, closed) = (0, 0)
        for reader in slow {
            let (hasAsked, isClosed) = try await loop.run { (reader.value.hasAsked, reader.value.closeReason != nil) }
            asked += hasAsked ? 1 : 0
            closed += isClosed ? 1 : 0
            try await loop.run { reader.value.close() }
        }
        try invocation.terminal.writeLine(JSONLine([("asked", asked), ("closed", closed)]).text)
        loop.stop()
        return .success
    }
}
