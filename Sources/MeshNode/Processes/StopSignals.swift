internal import Glibc
internal import MeshActors
internal import MeshCore

/// SIGTERM and SIGINT as something to wait for, once; the second one ends the process at once.
final class StopSignals: Sendable {
    private let first = OneShot<Int32>()

    /// Takes the signals from now on; once in a process.
    static func take() -> StopSignals {
        // Made here, so that the handler finds it ready.
        _ = signalPipe
        let signals = StopSignals()
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, waitForSignals, Unmanaged.passRetained(signals).toOpaque())
        precondition(status == 0, "the machine has no thread for signals")
        pthread_detach(thread)
        signal(SIGTERM, noteSignal)
        signal(SIGINT, noteSignal)
        return signals
    }

    /// Returns when a signal has come, or the caller is cancelled.
    func wait() async { _ = try? await first.wait() }

    fileprivate func run() {
        guard let signal = Self.next() else { return }
        first.open(signal)
        guard let again = Self.next() else { return }
        _exit(128 + again)
    }

    private static func next() -> Int32? {
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
    var byte = UInt8(truncatingIfNeeded: signal)
    _ = write(signalPipe.writing, &byte, 1)
}

private func waitForSignals(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<StopSignals>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
