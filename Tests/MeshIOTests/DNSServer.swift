import Glibc
import MeshCore
import MeshIO
import Testing

/// Debian's dnsmasq at a free port of the loopback, which knows what it is told on its command line and nothing else.
struct DNSServer {
    private let process: pid_t
    let endpoint: IPEndpoint

    /// Runs `body` with a server that knows `records`.
    static func run(_ records: [String], _ body: (DNSServer) async throws -> Void) async throws {
        let server = try #require(try await start(records), "dnsmasq does not start: is dnsmasq-base installed?")
        let outcome: Swift.Result<Void, any Error>
        do { outcome = .success(try await body(server)) } catch { outcome = .failure(error) }
        server.end()
        try outcome.get()
    }

    /// `timeout` hands the signal on, and ends at once.
    private func end() {
        kill(process, SIGTERM)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    /// The port is free when it is looked for; where another took it meanwhile, another one is tried.
    private static func start(_ records: [String]) async throws -> DNSServer? {
        for _ in 0..<5 {
            let port = try await withLoop { loop in
                try await loop.run {
                    let peer = try Peer(loop, at: .loopbackIPv4(port: 0))
                    defer { peer.close() }
                    return peer.address.port
                }
            }
            if let server = try start(at: port, records) { return server }
        }
        return nil
    }

    private static func start(at port: UInt16, _ records: [String]) throws -> DNSServer? {
        let address = try #require(IPAddress("127.0.0.1"))
        // `timeout` ends it even where this process does not live to do so.
        let words =
            [
                "/usr/bin/timeout", "50", "/usr/sbin/dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
                "--no-hosts", "--bind-interfaces", "--pid-file=", "--listen-address=\(address)", "--port=\(port)",
                "--local=/mesh.test/",
            ] + records
        let output = Pipe()
        defer { output.closeReading() }
        let process = spawn(words, errors: output.writing)
        output.closeWriting()
        guard let process else { return nil }
        let server = DNSServer(process: process, endpoint: IPEndpoint(address: address, port: port))
        guard hasStarted(output.reading) else {
            server.end()
            return nil
        }
        return server
    }

    /// Foundation's `Process` waits for a child until others that were started meanwhile have ended too.
    private static func spawn(_ words: [String], errors: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The threads that tests run on block signals.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        return posix_spawn(&process, words[0], &actions, &attributes, &arguments, nil) == 0 ? process : nil
    }

    /// Whether it says that it has, before its output ends.
    private static func hasStarted(_ output: Int32) -> Bool {
        var said: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1 {
            said.append(byte)
            if byte == 0x0A, String(decoding: said, as: UTF8.self).contains("started, version") { return true }
        }
        return false
    }
}
