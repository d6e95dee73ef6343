internal import Glibc
internal import MeshActors
internal import MeshCore

/// SIGTERM and SIGINT as something to wait for, once; the second one ends the process at once.
final class StopSignals: Sendable {
    private let first = OneShot<Int32>()

    /// Takes the signals from now on: before any other thread begins, so that all of them inherit the mask.
    static func take() -> StopSignals {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let signals = StopSignals()
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, waitForSignals, Unmanaged.passRetained(signals).toOpaque())
        precondition(status == 0, "the machine has no thread for signals")
        pthread_detach(thread)
        return signals
    }

    /// Returns when a signal has come, or the caller is cancelled.
    func wait() async { _ = try? await first.wait() }

    fileprivate func run() {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        var signal = Int32(0)
        guard sigwait(&set, &signal) == 0 else { return }
        first.open(signal)
        guard sigwait(&set, &signal) == 0 else { return }
        _exit(128 + signal)
    }
}

private func waitForSignals(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<StopSignals>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
