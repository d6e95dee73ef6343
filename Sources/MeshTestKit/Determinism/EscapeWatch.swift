internal import CMeshConcurrency

/// Keeps the jobs of one thread from reaching the global and the main executor while a seeded run drives it.
enum EscapeWatch {
    /// Runs `body`; jobs that the calling thread meanwhile sends to another executor go to `executor` instead.
    static func guarding<Result>(_ executor: SeededExecutor, _ body: () throws -> Result) rethrows -> Result {
        let context = Unmanaged.passUnretained(executor).toOpaque()
        // Swift has no way from its executor and job values to the runtime's words, which have the same layout.
        let mainBits = unsafeBitCast(
            MainStandIn.forAllRuns.asUnownedSerialExecutor(),
            to: cmesh_serial_executor.self
        )
        let hasBegun = cmesh_escape_watch_begin(
            context,
            { context, job in
                let executor = Unmanaged<SeededExecutor>.fromOpaque(context).takeUnretainedValue()
                executor.adopt(unsafeBitCast(job, to: UnownedJob.self))
            },
            mainBits
        )
        precondition(hasBegun, "a seeded run inside a seeded run would end the outer one's watch")
        defer { cmesh_escape_watch_end() }
        return try withExtendedLifetime(executor) { try body() }
    }
}

/// Stands in for the main executor during a run: every job that comes is an escape, brought back.
///
/// One for the whole process, because tasks of a failed run may name it long after the run: their jobs are dropped, so
/// that nothing of a run goes on behind its back.
private final class MainStandIn: SerialExecutor {
    static let forAllRuns = MainStandIn()

    func enqueue(_ job: consuming ExecutorJob) {
        guard let context = cmesh_escape_watch_context() else { return }
        let executor = Unmanaged<SeededExecutor>.fromOpaque(context).takeUnretainedValue()
        executor.adopt(UnownedJob(job), isolatedTo: asUnownedSerialExecutor())
    }
}
