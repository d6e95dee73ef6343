internal import Foundation
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// What idle connections cost a server.
enum QUICMemoryCommand {
    private static let counts = Option<String>("connections", default: "1000,5000", "How many, with commas between.")

    static let command = Command(
        "quic-memory",
        summary: "Keep idle connections to a server of its own process, and weigh that.",
        parameters: [counts],
        examples: ["meshbench quic-memory --connections 100,20000": "The smallest and the largest."]
    ) { invocation in
        let baseline = try UDPBaseline()
        let ground = try QUICGround(on: baseline)
        let server = try QUICServerProcess(now: ground.clock.wallTime)
        let client = try await ground.near.run { try QUICHandshakes(ground, trusting: server.authority) }
        var table = Table(columns: [
            .init("idle connections", .right), .init("resident KiB each", .right), .init("heap KiB each", .right),
            .init("resident MiB", .right),
        ])
        let before = try server.weigh()
        var held = 0
        for count in invocation[counts].split(separator: ",").compactMap({ Int($0) }) where count > held {
            let more = count - held
            let address = server.address
            _ = try await awaiting(ground.near) { client.keep(more, to: address, atATime: 8, $0) }
            held = count
            // The last tickets and acknowledgements are on their way.
            try await ground.clock.sleep(until: ground.clock.now + .seconds(1))
            let now = try server.weigh()
            guard now.connections == count else {
                throw UDPBaselineFailure("the server has \(now.connections) connections and not \(count)")
            }
            table.append([
                String(count), tenths(now.resident - before.resident, count), tenths(now.used - before.used, count),
                String(now.resident >> 20),
            ])
        }
        try await ground.near.run { client.close() }
        server.end()
        await baseline.end()
        try invocation.terminal.write(table.text)
        return .success
    }

    private static func tenths(_ bytes: Int, _ count: Int) -> String {
        String((Double(bytes) / 1_024 / Double(count) * 10).rounded() / 10)
    }
}

/// A child that runs `meshbench quic-serve`, with credentials in a folder that goes with it.
struct QUICServerProcess {
    struct Weight {
        let connections: Int
        let resident: Int
        let used: Int
    }

    let authority: BenchAuthority
    let address: SocketAddress
    private let process = Process()
    private let questions = Pipe()
    private let answers = Pipe()
    private let folder: String

    init(now: WallTime) throws {
        authority = try BenchAuthority(now: now)
        folder = "\(NSTemporaryDirectory())/meshbench-\(ProcessInfo.processInfo.processIdentifier)"
        try authority.write(.hub, "bench-hub", to: folder)
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["quic-serve", "--folder", folder]
        process.standardInput = questions
        process.standardOutput = answers
        try process.run()
        guard let port = Self.line(of: answers).first.flatMap({ UInt16($0) }) else {
            throw UDPBaselineFailure("the server did not begin")
        }
        address = .loopbackIPv4(port: port)
    }

    func weigh() throws -> Weight {
        questions.fileHandleForWriting.write(Data("\n".utf8))
        let words = Self.line(of: answers).compactMap { Int($0) }
        guard words.count == 3 else { throw UDPBaselineFailure("the server does not answer") }
        return Weight(connections: words[0], resident: words[1], used: words[2])
    }

    func end() {
        try? questions.fileHandleForWriting.close()
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func line(of pipe: Pipe) -> [Substring] {
        String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).split { $0.isWhitespace }
    }
}
