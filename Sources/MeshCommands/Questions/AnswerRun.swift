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
        name: String
    ) async throws -> ExitCode? {
        do {
            try await InterruptWatch.run(ground, on: session.loop) {
                var printer = AnswerPrinter(session.screen, name: name)
                do {
                    try await session.gateway.stream(request) { try printer.take($0) }
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
}
