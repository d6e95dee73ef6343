internal import Glibc

/// What the library needs of the thread that it runs on.
enum ClientThread {
    /// Keeps a write to a connection that has gone from ending the process.
    ///
    /// OpenSSL writes without `MSG_NOSIGNAL`, and the library's own remedy changes the signals of the whole process
    /// for each call. A signal that a write causes goes to the thread that writes, so blocking it there is enough.
    static func ignoreBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
