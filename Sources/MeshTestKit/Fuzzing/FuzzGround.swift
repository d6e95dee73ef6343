internal import Glibc
internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// A loop, a clock and an authority for a target that needs them; made once, used by one input at a time.
final class FuzzGround: Sendable {
    let loop: EventLoop
    let clock: any Clock
    let authority: PeerAuthority
    let hub: NodeCredentials
    private let turn = Lock(())
    private let ends: (reading: Int32, writing: Int32)

    init(_ name: String) throws {
        loop = try EventLoop.start(name: name)
        clock = MachineClock(loop: loop)
        authority = try PeerAuthority.make(clock: clock)
        hub = try authority.credentials(.hub, "hub-1")
        var pipe: [Int32] = [0, 0]
        guard Glibc.pipe(&pipe) == 0 else { throw IOError(.tooMany, "no pipe for a fuzz target") }
        ends = (pipe[0], pipe[1])
    }

    /// Runs `body` and waits for its end, on a thread that is no task: the fuzzer's.
    func wait(for body: @escaping @Sendable () async throws -> Void) {
        turn.withLock { _ in
            let writing = ends.writing
            Task(executorPreference: loop) {
                do {
                    try await body()
                } catch {
                    preconditionFailure("the ground gives way: \(error)")
                }
                var byte = UInt8(1)
                _ = write(writing, &byte, 1)
            }
            var byte = UInt8(0)
            while read(ends.reading, &byte, 1) != 1 {}
        }
    }
}
