internal import Glibc
internal import MeshCommandLine
internal import MeshCore
internal import MeshEscalation

/// One question that is asked, and its answer that is written while it comes.
enum AnswerRun {
    /// Asks; returns the code with which a signal ends the program, nil where none came.
    static func run(
        _ request: EscalationRequest,
        _ session: GatewaySession,
        _ ground: CommandGround,
        name: String,
        saysFigures: Bool = false
    ) async throws -> ExitCode? {
        do {
            try await InterruptWatch.run(ground, on: session.loop) {
                var printer = AnswerPrinter(session.screen, name: name, saysFigures: saysFigures)
                do {
                    try await stream(request, session) { try printer.take($0) }
                } catch {
                    if session.screen.isInteractive || !(error is CancellationError) { printer.breakOff() }
                    throw error
                }
            }
            return nil
        } catch let error as Interruption {
            return ExitCode(rawValue: UInt8(128 + error.signal))
        }
    }

    /// Hands on each event as it comes; a person who watches is told when none does.
    private static func stream(
        _ request: EscalationRequest,
        _ session: GatewaySession,
        _ take: (AnswerEvent) throws -> Void
    ) async throws {
        let (screen, clock) = (session.screen, session.clock)
        let wait = AnswerWait()
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            if screen.isWatched, screen.form == .people {
                group.addTask {
                    let patience = Limits.Commands.patienceWithoutWord
                    do { try await clock.sleep(for: patience) } catch { return }
                    if let words = wait.sayOnce() { screen.aside(words) }
                }
            }
            try await session.gateway.stream(request) { event in
                wait.take(event)
                try take(event)
            }
        }
    }
}
