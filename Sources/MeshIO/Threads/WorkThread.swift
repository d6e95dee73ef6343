internal import CMeshSockets
internal import Glibc

/// A thread of the operating system that runs one closure and ends with it.
///
/// For what waits for a disk, a process or a long computation: the pool of tasks is as wide as the machine has cores,
/// and an event loop waits for nothing but events. Whoever starts one gives it an end.
package enum WorkThread {
    /// Starts a thread, with a stack of so many bytes or the system's usual one; false where the machine has no more
    /// threads, and then nothing runs.
    package static func start(stackBytes: Int? = nil, _ body: sending @escaping () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        if let stackBytes { pthread_attr_setstacksize(&attributes, stackBytes) }
        let work = Unmanaged.passRetained(ThreadWork(body))
        var thread = pthread_t()
        if pthread_create(&thread, &attributes, runThreadWork, work.toOpaque()) == 0 { return true }
        work.release()
        return false
    }

    /// Lets other threads run before the calling one wherever there is not time for both.
    package static func yieldToOthers() {
        // On Linux zero means this thread, not the process; where it is refused nothing is lost.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
    }
}

private final class ThreadWork {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
}

private func runThreadWork(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue().body() }
    return nil
}
