import Foundation

/// A thread of its own for one closure.
enum OtherThread {
    static func run(_ body: @escaping @Sendable () -> Void) {
        Thread.detachNewThread(body)
    }
}

/// Runs each job on a fresh thread and waits for it: an executor that no seed rules.
final class ElsewhereExecutor: SerialExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedSerialExecutor()
        let finished = DispatchSemaphore(value: 0)
        OtherThread.run {
            job.runSynchronously(on: executor)
            finished.signal()
        }
        finished.wait()
    }
}

actor ElsewhereActor {
    private let executor = ElsewhereExecutor()

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func visit() -> Int { 1 }
}
