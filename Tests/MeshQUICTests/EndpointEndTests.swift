import MeshCore
import MeshIO
import MeshQUIC
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `An endpoint that is let go as soon as it is closed` {
    /// Being told of it would abort the process.
    ///
    /// Closing marks its place in the turn, and whoever waited for the close lets it go on a thread of their own: while
    /// the turn ends, an endpoint falls apart of which the loop still has something to tell.
    @Test func `is not told of the end of the turn`() async throws {
        let loop = try EventLoop.start(name: "endpoint-end")
        defer { loop.stop() }
        let scene = try EndpointScene(loop: loop)
        for _ in 0..<1_000 {
            let endpoint = try await scene.endpoint(.edge, "laptop-7")
            try await loop.run {
                let nobody = SocketAddress.loopbackIPv4(port: 9)
                _ = try endpoint.value.connect(to: nobody, serverName: .dns("localhost"), handler: Taker())
                endpoint.value.close()
            }
        }
    }
}
