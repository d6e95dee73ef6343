internal import Glibc
internal import MeshActors
package import MeshCore
internal import MeshVitals

/// `nvidia-smi`, where it is: a child process with a deadline.
///
/// A machine without it is asked once; one whose driver does not answer is left alone for a while.
package final class NVIDIAProgram: GraphicsReader {
    private struct State {
        var isMissing = false
        var restsUntil: Instant?
    }

    private let state = Lock(State())
    private let clock: any Clock

    private let words: [String]
    private let patience: Duration

    /// The program that the search path leads to, unless `words` name another; killed after `patience`.
    package init(
        clock: any Clock,
        words: [String] = NVIDIAQuery.words,
        patience: Duration = Limits.MachineVitals.programPatience
    ) {
        self.clock = clock
        self.words = words
        self.patience = patience
    }

    /// What the program has printed; nil where it is not there, has failed lately, or takes too long.
    package func nvidia() async -> [UInt8]? {
        let now = clock.now
        guard state.withLock({ !$0.isMissing && ($0.restsUntil ?? now) <= now }) else { return nil }
        let answer = OneShot<FilterOutcome>()
        FilterProcess.begin(
            words,
            environment: ["LC_ALL=C"],
            input: [],
            maximumOutputBytes: Limits.MachineVitals.maximumOutputBytes,
            patience: patience
        ) { answer.open($0) }
        switch try? await answer.wait() {
        case .ended(.exited(0), let output): return output
        case .notStarted:
            state.withLock { $0.isMissing = true }
            return nil
        // A driver that is not loaded, or a card that has fallen off its bus: to ask again and again helps nobody.
        case .ended, .killed:
            state.withLock { $0.restsUntil = clock.now + Limits.MachineVitals.programRest }
            return nil
        case nil: return nil
        }
    }
}
