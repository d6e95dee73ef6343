import MeshChat
import MeshCore
import MeshDialects
import MeshGateway
import MeshHTTP
import MeshTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A client that leaves` {
    @Test(arguments: ChatDialect.both, [false, true])
    func `before an answer or in its midst stops it`(dialect: ChatDialect, streamed: Bool) async throws {
        try await GatewayGround.run { ground in
            for (turn, model) in ["prefill", "decode", "prefill", "decode"].enumerated() {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try? await ground.chat(dialect, model, streamed: streamed) }
                    await ground.chat.figures.wait { $0.holding == turn + 1 }
                    group.cancelAll()
                }
                await ground.chat.figures.wait { $0.cancelled == turn + 1 }
            }
            // Nothing was left behind that would keep others out.
            let next = try await ground.chat(dialect, "echo", streamed: streamed)
            #expect(next.status == 200)
            let outcomes = ground.log.records.filter { $0.event.name == "chat.ended" }.map { line in
                line.fields.first { $0.key.name == "outcome" }?.value
            }
            #expect(outcomes.filter { $0 == .text("client_left") }.count == 4)
        }
    }

    @Test func `while its body still comes gives its room back`() async throws {
        var bounds = Gateway.Bounds()
        bounds.chats = 1
        try await GatewayGround.run(bounds: bounds) { ground in
            let body = Endless()
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try? await ground.take(
                        .post,
                        ChatDialect.openAI.path,
                        ChatDialect.openAI.fields,
                        body: .stream(length: nil, source: body)
                    )
                }
                await body.pieces.wait { $0 > 1 }
                group.cancelAll()
            }
            // Until the server has seen the end of the connection it says that there is no room, with when to come.
            var status: UInt16 = 503
            while status == 503 { status = try await ground.chat(.openAI, "echo").status }
            #expect(status == 200)
        }
    }

    /// A piece, and then nothing until the task is cancelled.
    private final class Endless: RequestBodySource {
        let pieces = Watched(0)
        private let isCancelled = Lock(false)

        func next() async throws(HTTPError) -> [UInt8]? {
            pieces.change { $0 += 1 }
            guard pieces.value > 1 else { return [0x20] }
            await withTaskCancellationHandler {
                _ = await pieces.wait { _ in self.isCancelled.withLock { $0 } }
            } onCancel: {
                isCancelled.withLock { $0 = true }
                pieces.change { _ in }
            }
            return nil
        }
    }
}
