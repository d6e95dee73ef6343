internal import Glibc
internal import MeshActors
internal import MeshCore
internal import MeshIO

/// SIGTERM, SIGINT and SIGHUP as something to wait for.
///
///     SIGTERM, SIGINT    the first: leave in order; the second ends the process at once, as does a stop that lasts
///     SIGHUP             read the configuration again; several before anybody looks are one
package final class NodeSignals: Sendable {
    private struct State {
        var reloads = OneShot<Done>()
        var patience = Duration.seconds(10)
    }

    private let first = OneShot<Int32>()
    private let state = Lock(State())

    /// Takes the signals from now on; once in a process.
    package static func take() -> NodeSignals {
        // Made here, so that the handler finds it ready.
        _ = signalPipe
        let signals = NodeSignals()
        precondition(WorkThread.start { signals.run() }, "the machine has no thread for signals")
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, noteSignal) }
        return signals
    }

    /// Returns when the node is to stop, or the caller is cancelled.
    package func waitForStop() async { _ = try? await first.wait() }

    /// Returns when the configuration is to be read again; false where the caller is cancelled.
    func nextReload() async -> Bool {
        let next = state.withLock { $0.reloads }
        guard (try? await next.wait()) != nil else { return false }
        state.withLock { $0.reloads = OneShot() }
        return true
    }

    /// Lets a stop take so long, and ``Limits/Process/endMargin`` more for what is written last.
    package func letStopTake(_ patience: Duration) { state.withLock { $0.patience = patience } }

    /// As if the node had been told to stop: what it does is over.
    package func stop() {
        var byte = UInt8(SIGTERM)
        _ = write(signalPipe.writing, &byte, 1)
    }

    private func run() {
        while true {
            switch Self.next(within: nil) {
            case nil: continue
            case SIGHUP?: state.withLock { $0.reloads }.open(Done())
            case let signal?:
                first.open(signal)
                return end()
            }
        }
    }

    /// Ends the process when it does not end by itself.
    private func end() {
        let patience = state.withLock { $0.patience } + Limits.Process.endMargin
        var start = timespec()
        clock_gettime(CLOCK_MONOTONIC, &start)
        var left = patience.components.seconds * 1_000
        while left > 0 {
            if let again = Self.next(within: Int32(clamping: left)), again != SIGHUP { _exit(128 + again) }
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            let elapsed = (now.tv_sec - start.tv_sec) * 1_000 + (now.tv_nsec - start.tv_nsec) / 1_000_000
            left = patience.components.seconds * 1_000 - Int64(elapsed)
        }
        let words = Array("meshnode: error: told to stop, the node did not end in time; it is ended as it is\n".utf8)
        _ = write(STDERR_FILENO, words, words.count)
        _exit(Int32(NodeExit.notInOrder.rawValue))
    }

    /// The next signal, or nil where none comes within so many milliseconds, or something else is in the way.
    private static func next(within milliseconds: Int32?) -> Int32? {
        var file = pollfd(fd: signalPipe.reading, events: Int16(POLLIN), revents: 0)
        guard poll(&file, 1, milliseconds ?? -1) > 0 else { return nil }
        var byte = UInt8(0)
        var count = 0
        repeat { count = read(signalPipe.reading, &byte, 1) } while count < 0 && errno == EINTR
        return count == 1 ? Int32(byte) : nil
    }
}

/// A handler of a signal knows nothing but what is global.
private let signalPipe: (reading: Int32, writing: Int32) = {
    var ends: [Int32] = [-1, -1]
    precondition(pipe(&ends) == 0, "the machine has no descriptor for signals")
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
}()

/// Only what is safe in the midst of anything: one write.
private func noteSignal(_ signal: Int32) {
    let before = errno
    var byte = UInt8(truncatingIfNeeded: signal)
    _ = write(signalPipe.writing, &byte, 1)
    errno = before
}
