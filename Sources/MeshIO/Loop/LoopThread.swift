internal import CMeshSockets
internal import Glibc

/// A thread of the operating system that runs one closure and frees itself.
enum LoopThread {
    /// Starts a thread; false where the machine has no more of them.
    ///
    /// The system shows the first fifteen bytes of `name`.
    static func start(name: String, _ body: sending @escaping () -> Void) -> Bool {
        let box = Unmanaged.passRetained(Box(name, body))
        var thread = pthread_t()
        guard pthread_create(&thread, nil, runBox, box.toOpaque()) == 0 else {
            box.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    final class Box {
        let name: String
        let body: () -> Void

        init(_ name: String, _ body: @escaping () -> Void) {
            self.name = name
            self.body = body
        }
    }
}

private func runBox(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let box = Unmanaged<LoopThread.Box>.fromOpaque(context).takeRetainedValue()
    cmesh_name_thread(box.name)
    blockBrokenPipes()
    box.body()
    return nil
}

/// Keeps a write to a connection that has gone from ending the process.
///
/// OpenSSL writes without `MSG_NOSIGNAL`, also below libraries that we do not write, and whoever lives on a loop may be
/// closed on the thread of the work left over. A signal that a write causes goes to the thread that writes, so blocking
/// it there is enough, and leaves the process as it was.
private func blockBrokenPipes() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
}
