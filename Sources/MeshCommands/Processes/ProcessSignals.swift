internal import Glibc

/// SIGINT, SIGTERM, SIGHUP and SIGQUIT as bytes to read, so that a program can end what it does and leave in order.
enum ProcessSignals {
    /// Takes the signals from now on; where their numbers can be read.
    static func take() -> Int32 {
        // Made here, so that the handler finds it ready.
        let reading = signalPipe.reading
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { signal(number, noteSignal) }
        return reading
    }

    /// Waits for standard input; a signal that comes first, and was taken.
    static func waitForInput() -> Int32? {
        var files = [
            pollfd(fd: signalPipe.reading, events: Int16(POLLIN), revents: 0),
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&files, 2, -1) < 0, errno == EINTR {}
        return files[0].revents == 0 ? nil : next(from: signalPipe.reading)
    }

    /// The next signal that waits at `reading`; nil where none does.
    static func next(from reading: Int32) -> Int32? {
        var byte = UInt8(0)
        let count = read(reading, &byte, 1)
        return count == 1 ? Int32(byte) : nil
    }
}

/// A handler of a signal knows nothing but what is global.
private let signalPipe: (reading: Int32, writing: Int32) = {
    var ends: [Int32] = [-1, -1]
    precondition(pipe(&ends) == 0, "the machine has no descriptor for signals")
    for end in ends {
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    return (ends[0], ends[1])
}()

/// Only what is safe in the midst of anything: one write.
private func noteSignal(_ signal: Int32) {
    let before = errno
    var byte = UInt8(truncatingIfNeeded: signal)
    _ = write(signalPipe.writing, &byte, 1)
    errno = before
}
