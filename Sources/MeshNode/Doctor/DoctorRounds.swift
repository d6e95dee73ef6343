internal import MeshAPI
internal import MeshActors
package import MeshCore

/// Looks of the doctor at a node that runs, one at a time and none too often.
///
/// Looking syncs a file, takes ports and threads. Whoever asks while somebody looks is told what that one finds, and
/// for ``Limits/Doctor/findingsAge`` everybody is told the same. While threads of a former look hang nothing is looked
/// at anew: each look would leave as many more.
package final class DoctorRounds: Sendable {
    private struct State {
        var underWay: OneShot<[DoctorCheck]?>?
        var latest: [DoctorCheck] = []
        var at: Instant?
    }

    private enum Turn {
        case told([DoctorCheck])
        case wait(OneShot<[DoctorCheck]?>)
        case look
    }

    private let state = Lock(State())
    private let clock: any Clock
    private let threads: DoctorThreads
    private let look: @Sendable () async -> [DoctorCheck]

    /// Rounds in which `look` looks, on `threads`.
    package init(
        clock: any Clock,
        threads: DoctorThreads = .ofThisProcess,
        look: @escaping @Sendable () async -> [DoctorCheck]
    ) {
        self.clock = clock
        self.threads = threads
        self.look = look
    }

    /// What is found; nothing where the calling task is cancelled first.
    package func findings() async -> [DoctorCheck] {
        let own = OneShot<[DoctorCheck]?>()
        while !Task.isCancelled {
            switch turn(own) {
            case .told(let found): return found
            // Nothing is told where that one has gone before the end: then this one looks.
            case .wait(let other): if let found = try? await other.wait() { return found }
            case .look: return await lookFor(own)
            }
        }
        return []
    }

    private func turn(_ own: OneShot<[DoctorCheck]?>) -> Turn {
        let now = clock.now
        return state.withLock { state in
            if let other = state.underWay { return .wait(other) }
            if let at = state.at, now - at < Limits.Doctor.findingsAge { return .told(state.latest) }
            state.underWay = own
            return .look
        }
    }

    private func lookFor(_ waiting: OneShot<[DoctorCheck]?>) async -> [DoctorCheck] {
        // Those of a look whose asker has just gone end in no time.
        let areFree = await Doctor.within(Limits.Doctor.threadPatience, clock) { [threads] in
            (try? await threads.allEnded()).map { true }
        }
        let found = areFree == true ? await look() : [hanging]
        let isWhole = areFree == true && !Task.isCancelled
        let now = clock.now
        state.withLock { state in
            state.underWay = nil
            if isWhole { (state.latest, state.at) = (found, now) }
        }
        waiting.open(Task.isCancelled ? nil : found)
        return found
    }

    private var hanging: DoctorCheck {
        let count = threads.leftCount
        let place = count == 1 ? "one thread" : "\(count) threads"
        return DoctorCheck(
            "doctor",
            .failure,
            "a former look still hangs, in \(place): nothing is looked at anew",
            advice: "Look at the disk that holds the data folder; a node whose disk hangs has to be restarted"
        )
    }
}
