internal import Foundation
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO

/// Answers requests with fixed bytes: what TCP and TLS cost without a server of HTTP on top.
///
/// Speaks as the processes of Tests/ProcessTests do: it says where it listens, then answers each line of input.
enum StreamServeCommand {
    private static let certificate = Option<String?>("certificate", "A chain of certificates in PEM; plain without it.")
    private static let key = Option<String?>("key", "The key of the certificate, in PEM.")

    static let command = Command(
        "stream-serve",
        summary: "Answer each request with fixed bytes; `status` and `use CERTIFICATE KEY` are lines of input.",
        parameters: [certificate, key]
    ) { invocation in
        let loop = try EventLoop.start(name: "bench-server")
        var configuration = StreamListenerConfiguration()
        if let certificate = invocation[certificate], let key = invocation[key] {
            configuration.identity = TLSIdentity(try context(certificate, key))
        }
        let chosen = configuration
        let server = try await loop.run { try FixedResponder(loop: loop, configuration: chosen) }
        try invocation.terminal.write("listening \(try await loop.run { server.address })\n")
        while let line = readLine() {
            let words = line.split(separator: " ").map(String.init)
            if words.count == 3, words[0] == "use", let identity = chosen.identity {
                do throws(IOError) {
                    identity.use(try context(words[1], words[2]))
                    try? invocation.terminal.write("ok\n")
                } catch {
                    try? invocation.terminal.write("\(error.identity)\n")
                }
            } else {
                try invocation.terminal.write("\(try await loop.run { server.status })\n")
            }
        }
        try await loop.run { server.close() }
        loop.stop()
        await loop.ended()
        return .success
    }

    private static func context(_ certificate: String, _ key: String) throws(IOError) -> TLSServerContext {
        guard let chain = FileManager.default.contents(atPath: certificate),
            let secret = FileManager.default.contents(atPath: key)
        else { throw IOError(.credentialsUnusable, "'\(certificate)' or '\(key)' cannot be read") }
        // A bench: the copy of the key is not wiped.
        let bytes = Array(secret)
        var context: Result<TLSServerContext, IOError> = .failure(IOError(.credentialsUnusable, "nothing was tried"))
        bytes.withUnsafeBytes { secret in
            do throws(IOError) {
                context = .success(try TLSServerContext(certificates: Array(chain), privateKey: secret))
            } catch {
                context = .failure(error)
            }
        }
        return try context.get()
    }
}
