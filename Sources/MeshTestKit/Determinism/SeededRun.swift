package import MeshCore

/// Why a seeded run is worth nothing.
package enum SeededRunErrorCode: String, ErrorCode {
    package static let domain = "seeded-run"

    /// A job ran, or would have run, on a thread that the seed does not rule.
    case escapedJob
    /// Nothing can run, nobody sleeps, and the body has not returned.
    case stalled
    /// The body did not return within the allowed steps.
    case tooManySteps
}

/// An error of the deterministic test ground.
package typealias SeededRunError = MeshError<SeededRunErrorCode>

/// What the code under test is given in place of the real world.
package struct SeededWorld: Sendable {
    /// The only time there is.
    package let clock: VirtualClock

    /// Where to note what happens.
    package let trace: Trace

    /// Randomness of its own, drawn from the run's seed.
    package let generator: SeededGenerator
}

/// The result of a seeded run, and the marks by which it is recognised.
package struct SeededOutcome<Value: Sendable>: Sendable {
    /// What the body returned or threw.
    package let result: Result<Value, any Error>

    /// The hash of all notes and decisions.
    package let traceHash: UInt64

    /// How many jobs ran.
    package let steps: Int

    /// How far virtual time went.
    package let virtualTime: Duration
}

/// Runs concurrent code as one deterministic sequence: the same seed gives the same run in every process.
///
/// The driver picks one ready job at random, runs it to its next suspension, and so on; when none is ready it moves
/// the clock to the next deadline. See docs/decisions/0005-determinism.md.
package enum SeededRun {
    /// Runs `body` to its end on the calling thread, or throws when the run was not deterministic or did not end.
    package static func run<Value: Sendable>(
        seed: UInt64,
        maximumSteps: Int = Limits.SeededRun.maximumSteps,
        _ body: @escaping @Sendable (SeededWorld) async throws -> Value
    ) throws(SeededRunError) -> SeededOutcome<Value> {
        var generator = SeededGenerator(seed: seed)
        let executor = SeededExecutor()
        let clock = VirtualClock()
        let world = SeededWorld(clock: clock, trace: Trace(clock: clock), generator: generator.split())
        let finished = Lock<Result<Value, any Error>?>(nil)
        let steps = EscapeWatch.guarding(executor) {
            let root = Task(executorPreference: executor) {
                let result = await outcome(of: body, in: world)
                finished.withLock { $0 = result }
            }
            defer { root.cancel() }
            return drive(executor, world, &generator, maximumSteps)
        }
        let escapes = executor.escapes + world.trace.foreignNotes
        let result = finished.withLock { $0 }
        if escapes > 0 || result == nil {
            // Suspended tasks name the executor without owning it, and another thread may still resume them.
            _ = Unmanaged.passRetained(executor)
        }
        if escapes > 0 { throw report(.escapedJob, "\(escapes) jobs or notes came from elsewhere", seed, world) }
        guard let result else {
            let code: SeededRunErrorCode = steps < maximumSteps ? .stalled : .tooManySteps
            throw report(code, "the body has not returned after \(steps) steps", seed, world)
        }
        let virtualTime = clock.now - .origin
        return SeededOutcome(result: result, traceHash: world.trace.hash, steps: steps, virtualTime: virtualTime)
    }

    private static func outcome<Value: Sendable>(
        of body: @Sendable (SeededWorld) async throws -> Value,
        in world: SeededWorld
    ) async -> Result<Value, any Error> {
        do {
            return .success(try await body(world))
        } catch {
            return .failure(error)
        }
    }

    /// Steps until nothing is left to do, and returns how many jobs ran.
    private static func drive(
        _ executor: SeededExecutor,
        _ world: SeededWorld,
        _ generator: inout SeededGenerator,
        _ maximumSteps: Int
    ) -> Int {
        var steps = 0
        while steps < maximumSteps {
            let ran = executor.runOne { count in
                let choice = count == 1 ? 0 : generator.integer(below: count)
                world.trace.decide(choice)
                return choice
            }
            if ran {
                steps += 1
            } else if !world.clock.advanceToNextDeadline() {
                break
            }
        }
        return steps
    }

    private static func report(
        _ code: SeededRunErrorCode,
        _ what: String,
        _ seed: UInt64,
        _ world: SeededWorld
    ) -> SeededRunError {
        let notes = world.trace.latest.map { "\n    \($0)" }.joined()
        return SeededRunError(code, "seed \(seed): \(what); \(world.clock.sleeperCount) sleepers; last notes:\(notes)")
    }
}
