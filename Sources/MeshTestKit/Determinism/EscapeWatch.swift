internal import CMeshConcurrency

/// Keeps the jobs of one thread from reaching the global and the main executor while a seeded run drives it.
enum EscapeWatch {
    /// Runs `body`; jobs that the calling thread meanwhile sends to another executor go to `executor` instead.
    static func guarding<Result>(_ executor: SeededExecutor, _ body: () throws -> Result) rethrows -> Result {
        let context = Unmanaged.passUnretained(executor).toOpaque()
        cmesh_escape_watch_begin(context) { context, job in
            let executor = Unmanaged<SeededExecutor>.fromOpaque(context).takeUnretainedValue()
            // The runtime's job pointer and UnownedJob are the same word; Swift has no initialiser for it.
            executor.adopt(unsafeBitCast(job, to: UnownedJob.self))
        }
        defer { cmesh_escape_watch_end() }
        return try body()
    }
}
