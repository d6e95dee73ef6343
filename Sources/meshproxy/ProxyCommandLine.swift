internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshProxy
internal import MeshTestKit

/// A bad link between processes, told over standard input what to do.
enum ProxyCommandLine {
    private static let server = Option<String>("server", "Where to send on to: 127.0.0.1:4433.")
    private static let listen = Option<String>("listen", default: "127.0.0.1:0", "The address for clients.")
    private static let seed = Option<UInt64>("seed", default: 1, "What the chances are drawn from.")
    private static let rule = Option<[String]>("rule", "A line of control to begin with, such as 'loss 30'.")

    static let command = Command(
        "meshproxy",
        summary: "Play a bad link between UDP clients and a server.",
        discussion: """
            Prints `listening ADDRESS`, then answers each line of standard input with `ok`, what is wrong, or for
            `status` one JSON object. Ends with its input.

            Lines: [up|down] loss|duplicate|corrupt|reorder PERCENT; [up|down] delay MS [JITTER]; [up|down] rate BYTES
            [QUEUE_BYTES], rate off; [up|down] blackhole on|off|MS; rebind [ADDRESS]; status.
            """,
        parameters: [server, listen, seed, rule],
        examples: ["meshproxy --server 127.0.0.1:4433 --rule 'loss 30' --rule 'delay 200 100'": "A very bad link."]
    ) { invocation in
        guard let to = ProxyCommand.address(invocation[server]),
            let at = ProxyCommand.address(invocation[listen])
        else {
            throw invocation.usageError("an address is four numbers and a port")
        }
        let loop = try EventLoop.start(name: "proxy")
        let seed = invocation[seed]
        let proxy = try await loop.run {
            LoopHeld(try UDPProxy(loop: loop, address: at, server: to, seed: seed))
        }
        for line in invocation[rule] {
            guard let command = ProxyCommand(line) else { throw invocation.usageError("unknown rule '\(line)'") }
            try await loop.run { try proxy.value.perform(command) }
        }
        let address = try await loop.run { proxy.value.localAddress.description }
        try invocation.terminal.writeLine("listening \(address)")
        while let line = readLine() {
            let reply = try await loop.run { answer(to: line, proxy.value) }
            try invocation.terminal.writeLine(reply)
        }
        try await loop.run { proxy.value.close() }
        loop.stop()
        return .success
    }

    private static func answer(to line: String, _ proxy: UDPProxy) -> String {
        if line == "status" { return status(of: proxy) }
        guard let command = ProxyCommand(line) else { return "unknown: \(line)" }
        do throws(IOError) {
            try proxy.perform(command)
            return "ok"
        } catch {
            return "failed: \(error)"
        }
    }

    private static func status(of proxy: UDPProxy) -> String {
        let ways = LinkDirection.allCases.map { direction in
            let counts = proxy.counts(direction)
            let fields = [
                ("arrived", counts.arrived), ("delivered", counts.delivered), ("bytes", counts.deliveredBytes),
                ("lost", counts.lost), ("swallowed", counts.swallowed), ("overflowed", counts.overflowed),
                ("duplicated", counts.duplicated), ("corrupted", counts.corrupted), ("reordered", counts.reordered),
            ]
            return "\"\(direction.rawValue)\":{\(fields.map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
        }
        let head = "\"clients\":\(proxy.clientCount),\"rebindings\":\(proxy.rebindings),\"refused\":\(proxy.refused)"
        return "{\(head),\(ways.joined(separator: ","))}"
    }
}
