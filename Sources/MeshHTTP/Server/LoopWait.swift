internal import MeshIO

/// One task that waits for something that happens on a loop.
///
/// Sendable: touched on `loop` alone.
final class LoopWait: @unchecked Sendable {
    private let loop: EventLoop
    private var continuation: CheckedContinuation<Void, Never>?
    private(set) var isOver = false

    init(loop: EventLoop) { self.loop = loop }

    /// Returns once ``end()`` was called or the task is cancelled; `register` is called on the loop and keeps it.
    func wait(_ register: @escaping @Sendable (LoopWait) -> Void) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.enter {
                    guard !self.isOver else { return continuation.resume() }
                    self.continuation = continuation
                    register(self)
                }
            }
        } onCancel: {
            loop.enter { self.end() }
        }
    }

    func end() {
        isOver = true
        continuation.take()?.resume()
    }
}

extension EventLoop {
    /// Runs `body` at once where the caller is on the loop, else as soon as the loop gets to it.
    func enter(_ body: @escaping @Sendable () -> Void) {
        if isOnLoop { body() } else { executeAlways(body) }
    }
}
