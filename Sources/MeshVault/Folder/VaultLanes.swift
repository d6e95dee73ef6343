internal import Glibc
internal import MeshCore

/// Threads that wait for the disk, because nothing on an event loop may: what concerns one file follows one another.
final class VaultLanes: Sendable {
    /// What is to be done; with an error where nobody will do it.
    private typealias Work = @Sendable (VaultError?) -> Void

    private struct Lane {
        var waiting = BoundedQueue<Work>(capacity: Limits.Vault.maximumWaiting)
        var isRunning = false
    }

    private let lanes = (0..<Limits.Vault.lanes).map { _ in Lock(Lane()) }

    /// Does `body` on the lane of `name`, behind what was given to it before.
    func run<Value: Sendable>(
        for name: String,
        _ body: @escaping @Sendable () throws(VaultError) -> Value
    ) async throws(VaultError) -> Value {
        let lane = lanes[name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF } % lanes.count]
        let result: Result<Value, VaultError> = await withCheckedContinuation { continuation in
            Self.append(to: lane) { refusal in
                do throws(VaultError) {
                    if let refusal { throw refusal }
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    private static func append(to lane: Lock<Lane>, _ work: @escaping Work) {
        let (isTaken, startsThread) = lane.withLock { lane -> (Bool, Bool) in
            if lane.isRunning { return (lane.waiting.append(work), false) }
            lane.isRunning = true
            return (true, true)
        }
        guard isTaken else { return work(VaultError(.unusable, "too much waits for the disk")) }
        guard startsThread else { return }
        let isStarted = VaultThread.start {
            work(nil)
            while let next = next(in: lane) { next(nil) }
        }
        guard !isStarted else { return }
        let refusal = VaultError(.unusable, "the machine has no thread left")
        work(refusal)
        while let next = next(in: lane) { next(refusal) }
    }

    /// The next work; nil where there is none, and then the lane is at rest.
    private static func next(in lane: Lock<Lane>) -> Work? {
        lane.withLock { lane in
            let next = lane.waiting.popFirst()
            if next == nil { lane.isRunning = false }
            return next
        }
    }
}

/// A thread that ends with its work.
private enum VaultThread {
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(VaultWork(body))
        guard pthread_create(&thread, nil, runVaultWork, work.toOpaque()) == 0 else {
            work.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}

private final class VaultWork: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func runVaultWork(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<VaultWork>.fromOpaque(context).takeRetainedValue().body() }
    return nil
}
