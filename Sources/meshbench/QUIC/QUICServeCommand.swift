internal import CMeshAllocations
internal import Foundation
internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// The server of `meshbench quic-memory`, in a process of its own so that its memory is its own.
enum QUICServeCommand {
    private static let folder = Option<String>("folder", default: ".", "A folder with the credentials of a node.")

    static let command = Command(
        "quic-serve",
        summary: "Serve QUIC, and say for each line of input how much memory that takes; for quic-memory.",
        parameters: [folder]
    ) { invocation in
        let loop = try EventLoop.start(name: "bench-server")
        let clock = MachineClock(loop: loop)
        let credentials = try CredentialFiles(folder: invocation[folder]).load(now: clock.wallTime)
        let server = try await loop.run {
            var configuration = QUICConfiguration()
            configuration.idleTimeout = .seconds(600)
            configuration.maximumConnections = 20_000
            return try QUICEchoServer(
                loop: loop,
                credentials: credentials,
                verifier: CertificateVerifier(trust: credentials.trust),
                configuration: configuration,
                clock: clock
            )
        }
        try invocation.terminal.write("\(server.address.port)\n")
        while readLine() != nil {
            let connections = try await loop.run { server.connections }
            try invocation.terminal.write("\(connections) \(ProcessMemory.now.line)\n")
        }
        return .success
    }
}

/// How much memory this process has.
struct ProcessMemory {
    /// Bytes in the machine's memory.
    let resident: Int
    /// Bytes of the heap that are in use.
    let used: Int

    /// As it is now, once the heap has given back what it can.
    static var now: ProcessMemory {
        let used = Int(cmesh_heap_trim())
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
        let resident = pages.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0
        return ProcessMemory(resident: resident * 4_096, used: used)
    }

    var line: String { "\(resident) \(used)" }
}
