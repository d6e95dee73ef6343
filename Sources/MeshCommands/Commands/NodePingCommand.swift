internal import MeshAPI
internal import MeshCommandLine
internal import MeshCore

/// `synesis node ping`.
enum NodePingCommand {
    private static let count = Option<Int>(
        "count",
        as: .within(1...Limits.Commands.maximumPings),
        default: 1,
        "How often it is asked."
    )
    private static let interval = Option<Duration>(
        "interval",
        as: .within(.milliseconds(0) ... .seconds(3_600)),
        default: .seconds(1),
        "How long to wait between two questions."
    )
    private static let timeout = Option<Duration>(
        "timeout",
        as: .within(.milliseconds(1)...Limits.API.longestTimeout),
        default: .seconds(5),
        "How long the edge may take for its answer."
    )

    static func command(_ ground: CommandGround) -> Command {
        Command(
            "ping",
            summary: "Have an edge answer, and say how long that took.",
            discussion: """
                The question goes from the hub over the edge's tunnel to its actors and back: what is measured is \
                what a call takes, on the hub's clock. Packets alone are faster; their running mean stands beside it.
                """,
            parameters: [NodeArgument.id, count, interval, timeout],
            examples: [
                "synesis node ping laptop-7": "Once.",
                "synesis node ping laptop-7 --count 10 --interval 200ms": "Ten times, and what they come to.",
                "synesis node ping laptop-7 --quiet": "The milliseconds alone.",
            ],
            exitCodes: SynesisExit.nodeMeanings
        ) { invocation in
            let (id, count, pause) = (invocation[NodeArgument.id], invocation[count], invocation[interval])
            let timeout = invocation[timeout]
            return try await GatewaySession.run(invocation, ground, needs: .hub) { session in
                var times: [Double] = []
                for number in 1...count {
                    if number > 1 { try await session.clock.sleep(for: pause) }
                    let answer = try await session.gateway.send(
                        .ping,
                        to: id,
                        timeout: timeout,
                        as: PingDocument.self
                    )
                    times.append(answer.document.roundTripMilliseconds)
                    switch session.screen.form {
                    case .json: try session.screen.jsonLine(answer.json)
                    case .quiet: try session.screen.line("\(answer.document.roundTripMilliseconds)")
                    case .people: try session.screen.line(line(answer.document, session.screen))
                    }
                }
                if times.count > 1, session.screen.form == .people { try session.screen.line(summary(times)) }
                return .success
            }
        }
    }

    private static func line(_ ping: PingDocument, _ screen: Screen) -> String {
        var beside = ping.smoothedMilliseconds.map { ["packets \(Words.milliseconds($0))"] } ?? []
        let ahead = ping.clockAheadMilliseconds
        beside.append("clock \(abs(ahead)) ms \(ahead < 0 ? "behind" : "ahead")")
        let name = ping.node.printable
        let time = Words.milliseconds(ping.roundTripMilliseconds)
        let words = "(\(beside.joined(separator: ", ")))"
        let hasRoom = screen.width.map { "\(name) answered in \(time)  \(words)".count <= $0 } ?? true
        let end = hasRoom ? "  " + screen.paint(words, .dim) : ""
        return "\(name) answered in \(screen.paint(time, .green))\(end)"
    }

    private static func summary(_ times: [Double]) -> String {
        let sorted = times.sorted()
        let mean = times.reduce(0, +) / Double(times.count)
        return "\(times.count) answers: shortest \(Words.milliseconds(sorted[0])), mean \(Words.milliseconds(mean)), "
            + "longest \(Words.milliseconds(sorted[sorted.count - 1]))"
    }
}
