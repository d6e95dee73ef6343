internal import MeshCertificates
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// A node for tests between processes: it echoes, and does what it reads from standard input.
@main
enum Meshpeer {
    private static let credentials = Option<String>("credentials", "The folder with the node's certificate and key.")
    private static let listen = Option<String>("listen", default: "127.0.0.1:0", "The address to bind.")
    private static let isServing = Flag("accept", "Let other nodes connect.")
    private static let isProving = Flag("retry", "Ask every client to prove its address first.")
    private static let hasEarlyData = Flag("no-early-data", "Take no early data.")

    static func main() async {
        let command = Command(
            "meshpeer",
            summary: "Echo what peers send, and do what standard input says, a line at a time.",
            parameters: [credentials, listen, isServing, isProving, hasEarlyData]
        ) { invocation in
            let loop = try EventLoop.start(name: "meshpeer")
            let clock = MachineClock(loop: loop)
            let files = CredentialFiles(folder: invocation[credentials])
            guard let address = AddressText.parse(invocation[listen]) else {
                Console.say("failed no address: \(invocation[listen])")
                return .failure
            }
            do {
                let node = try files.load(now: clock.wallTime)
                var configuration = QUICConfiguration()
                if invocation[isProving] { configuration.handshakesBeforeRetry = 0 }
                configuration.allowsEarlyData = !invocation[hasEarlyData]
                let transport = try await QUICTransport(
                    loop: loop,
                    address: address,
                    accepts: invocation[isServing],
                    credentials: node,
                    verifier: CertificateVerifier(trust: node.trust),
                    software: "meshpeer/0.1.0",
                    configuration: configuration,
                    clock: clock,
                    observer: TellingObserver(clock: clock)
                )
                Console.say("listening \(transport.localAddress.port)")
                await Peer(transport, name: node.identity.node, clock: clock).run()
                return .success
            } catch {
                Console.say("failed \(error)")
                return .failure
            }
        }
        await Program(command, version: "0.1.0").runProcess()
    }
}
