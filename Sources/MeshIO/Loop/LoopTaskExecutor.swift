/// A loop as the executor of tasks that are not isolated to anything.
///
/// To the runtime a loop is an actor's executor too, and the jobs that it runs are that actor's: so a task which
/// prefers the loop itself calls actors on it for nothing, but has to be enqueued again for each call of an `async`
/// function that is isolated to nothing. A task which prefers this one has it the other way round. It is for tasks made
/// of such functions, as handlers of requests are.
package final class LoopTaskExecutor: TaskExecutor {
    private let loop: EventLoop

    /// The executor that runs tasks on `loop`.
    package init(loop: EventLoop) { self.loop = loop }

    /// Runs a job on the loop; for the runtime.
    package func enqueue(_ job: consuming ExecutorJob) {
        loop.add(.task(UnownedJob(job), asUnownedTaskExecutor()))
    }
}
