internal import CMeshSockets
internal import Glibc

/// A thread of a loop, or beside one: named, and not ended by a connection that breaks.
enum LoopThread {
    /// Starts a thread; false where the machine has no more of them.
    ///
    /// The system shows the first fifteen bytes of `name`.
    static func start(name: String, _ body: sending @escaping () -> Void) -> Bool {
        WorkThread.start {
            cmesh_name_thread(name)
            blockBrokenPipes()
            body()
        }
    }

    /// Keeps a write to a connection that has gone from ending the process.
    ///
    /// OpenSSL writes without `MSG_NOSIGNAL`, also below libraries that we do not write, and whoever lives on a loop
    /// may be closed on the thread of the work left over. A signal that a write causes goes to the thread that writes,
    /// so blocking it there is enough, and leaves the process as it was.
    private static func blockBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
