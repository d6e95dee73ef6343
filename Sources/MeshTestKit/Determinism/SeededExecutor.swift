internal import Glibc
internal import MeshCore

/// Runs jobs one at a time on the thread that drives it, in an order drawn from a seed.
///
/// Tasks started with a preference for it, their children, and default actors they call all run here. What such a
/// job sends elsewhere is an escape: it would run on another thread at a time that no seed decides. Escapes that pass
/// through the runtime's hooks are brought back and counted; a job that comes back from another thread is counted too.
package final class SeededExecutor: TaskExecutor {
    private struct ReadyJob {
        let job: UnownedJob
        /// The serial executor that the job must believe it runs on; nil for all but jobs of the main actor.
        var isolation: UnownedSerialExecutor?
    }

    private struct State {
        var ready: [ReadyJob] = []
        var escapes = 0
    }

    private let state = Lock(State())
    private let drivingThread = pthread_self()

    /// An executor that the calling thread will drive.
    package init() {}

    /// How many jobs left, or came back from another thread.
    package var escapes: Int { state.withLock { $0.escapes } }

    /// How many jobs could run now.
    package var readyCount: Int { state.withLock { $0.ready.count } }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isForeign = pthread_equal(pthread_self(), drivingThread) == 0
        state.withLock { state in
            state.ready.append(ReadyJob(job: job))
            if isForeign { state.escapes += 1 }
        }
    }

    /// Brings back a job that was on its way to another executor.
    func adopt(_ job: UnownedJob, isolatedTo isolation: UnownedSerialExecutor? = nil) {
        state.withLock { state in
            state.ready.append(ReadyJob(job: job, isolation: isolation))
            state.escapes += 1
        }
    }

    /// Runs the ready job at the position that `choose` gives for their number; false when none is ready.
    package func runOne(choose: (_ count: Int) -> Int) -> Bool {
        let ready = state.withLock { state -> ReadyJob? in
            guard !state.ready.isEmpty else { return nil }
            return state.ready.remove(at: choose(state.ready.count))
        }
        guard let ready else { return false }
        if let isolation = ready.isolation {
            ready.job.runSynchronously(isolatedTo: isolation, taskExecutor: asUnownedTaskExecutor())
        } else {
            ready.job.runSynchronously(on: asUnownedTaskExecutor())
        }
        return true
    }
}
