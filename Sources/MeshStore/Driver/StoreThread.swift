internal import Glibc

/// A thread of the operating system that runs one closure.
///
/// The cooperative pool is as wide as the machine has cores: what waits for a disk must not run there.
package enum StoreThread {
    /// Starts a thread; false where the machine has no more of them.
    package static func start(_ body: sending @escaping () -> Void) -> Bool {
        let box = Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, runBox, box.toOpaque())
        guard status == 0 else {
            box.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    /// Lets other threads run before this one wherever there is not time for both.
    static func yieldToOthers() {
        // On Linux zero means this thread, not the process; where it is refused nothing is lost.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
    }

    final class Box {
        let body: () -> Void

        init(_ body: @escaping () -> Void) { self.body = body }
    }
}

private func runBox(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let box = Unmanaged<StoreThread.Box>.fromOpaque(context).takeRetainedValue()
    box.body()
    return nil
}
