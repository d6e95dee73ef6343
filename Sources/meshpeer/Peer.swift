internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshQUIC
internal import MeshVitals
internal import MeshWire

/// Serves as an echo, and carries out the commands of standard input until it ends.
struct Peer {
    private let transport: QUICTransport
    private let name: NodeID
    private let clock: any MeshCore.Clock

    init(_ transport: QUICTransport, name: NodeID, clock: any MeshCore.Clock) {
        self.transport = transport
        self.name = name
        self.clock = clock
    }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [transport] in await transport.serve { $0.payload } }
            group.addTask { [transport] in
                await transport.serveStreams(for: "echo") { stream in
                    while let bytes = try await stream.read() { try await stream.write(bytes) }
                }
            }
            while let line = readLine() {
                let words = line.split(separator: " ").map(String.init)
                do {
                    Console.say(try await carryOut(words))
                } catch {
                    Console.say("failed \(error)")
                }
            }
            group.cancelAll()
        }
        await transport.close("the end")
    }

    private func carryOut(_ words: [String]) async throws -> String {
        switch (words.first ?? "", words.count) {
        case ("connect", 3):
            guard let address = AddressText.parse(words[1]) else { return "failed no address" }
            let node = try await transport.connect(to: address, serverName: .dns(words[2]))
            let found = await transport.statistics(to: node)
            let early = found?.isEarlyDataAccepted == true ? "early" : "late"
            return "connected \(node) \(found?.isResumed == true ? "resumed" : "full") \(early)"
        case ("migrate", 2):
            guard let address = AddressText.parse(words[1]) else { return "failed no address" }
            return "migrated \(try await transport.migrate(to: address).port)"
        case ("leave", 2):
            await transport.leave(words[1], patience: .seconds(5))
            return "left"
        case (let verb, 2...): return try await carryOut(verb, with: try NodeID(words[1]), Array(words.dropFirst(2)))
        default: return "failed no such command"
        }
    }

    private func carryOut(_ verb: String, with node: NodeID, _ words: [String]) async throws -> String {
        let count = words.first.flatMap { Int($0) } ?? 0
        switch verb {
        case "request":
            let payload = Self.sample(from: 0, count: count)
            let answer = try await transport.request(payload, to: node, deadline: nil)
            return answer == payload ? "answered \(count)" : "failed another answer, of \(answer.count) bytes"
        case "stream": return try await stream(count, to: node)
        case "datagram":
            await transport.send(datagram: Self.sample(from: 0, count: count), to: node)
            return "sent"
        case "heartbeat":
            let beat = Beat(
                device: name,
                timestampMilliseconds: clock.wallTime.millisecondsSince1970,
                sequence: max(1, UInt64(count)),
                interval: nil,
                vitals: Vitals()
            )
            let frame = Frame(type: .heartbeat, payload: beat.json)
            return await transport.send(control: frame, to: node) ? "sent" : "failed no link"
        case "update-keys": return await transport.updateKeys(to: node) ? "updated" : "failed not now"
        case "disconnect":
            await transport.disconnect(from: node, "asked to")
            return "disconnected"
        default: return "failed no such command"
        }
    }

    /// Sends `count` bytes to an echo, and checks what comes back while it sends.
    private func stream(_ count: Int, to node: NodeID) async throws -> String {
        let stream = try await transport.openStream(to: node, purpose: "echo")
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var sent = 0
                while sent < count {
                    let piece = Self.sample(from: sent, count: min(Self.pieceBytes, count - sent))
                    try await stream.write(piece)
                    sent += piece.count
                }
                try await stream.finish()
            }
            var received = 0
            while let bytes = try await stream.read() {
                guard bytes == Self.sample(from: received, count: bytes.count) else { return "failed other bytes" }
                received += bytes.count
            }
            try await group.waitForAll()
            return "streamed \(received)"
        }
    }

    private static func sample(from offset: Int, count: Int) -> [UInt8] {
        (offset..<offset + count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    private static let pieceBytes = 100_000
}
