internal import CMeshConcurrency

/// Keeps the jobs of one thread from reaching the global and the main executor while a seeded run drives it.
enum EscapeWatch {
    /// Runs `body`; jobs that the calling thread meanwhile sends to another executor go to `executor` instead.
    static func guarding<Result>(_ executor: SeededExecutor, _ body: () throws -> Result) rethrows -> Result {
        let mainExecutor = AdoptingExecutor(adoptedBy: executor)
        return try withExtendedLifetime((executor, mainExecutor)) {
            let context = Unmanaged.passUnretained(executor).toOpaque()
            // Swift has no way from its executor and job values to the runtime's words, which have the same layout.
            let mainBits = unsafeBitCast(mainExecutor.asUnownedSerialExecutor(), to: cmesh_serial_executor.self)
            cmesh_escape_watch_begin(
                context,
                { context, job in
                    let executor = Unmanaged<SeededExecutor>.fromOpaque(context).takeUnretainedValue()
                    executor.adopt(unsafeBitCast(job, to: UnownedJob.self))
                },
                mainBits
            )
            defer { cmesh_escape_watch_end() }
            return try body()
        }
    }
}

/// Stands in for the main executor during a run: every job that comes is an escape, brought back.
private final class AdoptingExecutor: SerialExecutor {
    private let executor: SeededExecutor

    init(adoptedBy executor: SeededExecutor) { self.executor = executor }

    func enqueue(_ job: consuming ExecutorJob) {
        executor.adopt(UnownedJob(job), isolatedTo: asUnownedSerialExecutor())
    }
}
