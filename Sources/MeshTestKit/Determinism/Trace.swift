internal import Glibc
package import MeshCore

/// What happened in a run, condensed to 64 bits: two runs are the same when their hashes are.
///
/// Notes come from the code under test, decisions from the driver. The last notes are kept for the report of a failure.
package final class Trace: Sendable {
    private struct State {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var noteCount = 0
        var foreignNotes = 0
        var latest = BoundedQueue<String>(capacity: Limits.Trace.notesKept)

        /// FNV-1a: order matters, every bit counts, nothing to tune.
        mutating func mix(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        }
    }

    private let state = Lock(State())
    private let clock: VirtualClock
    private let drivingThread = pthread_self()

    /// An empty trace of what happens on `clock`, all of it on the calling thread.
    package init(clock: VirtualClock) { self.clock = clock }

    /// Notes that `event` happened now.
    package func note(_ event: String) {
        let line = "\(clock.now.nanoseconds) \(event)"
        let isForeign = pthread_equal(pthread_self(), drivingThread) == 0
        state.withLock { state in
            if isForeign { state.foreignNotes += 1 }
            state.mix(line.utf8)
            state.mix(CollectionOfOne(0x0A))
            state.noteCount += 1
            if state.latest.isFull { _ = state.latest.popFirst() }
            _ = state.latest.append(line)
        }
    }

    /// Mixes in what the driver decided.
    func decide(_ choice: Int) {
        state.withLock { $0.mix((0..<8).map { UInt8(truncatingIfNeeded: choice >> (8 * $0)) }) }
    }

    /// The hash of everything so far.
    package var hash: UInt64 { state.withLock { $0.hash } }

    /// How many notes came from another thread, at a time that no seed decides.
    package var foreignNotes: Int { state.withLock { $0.foreignNotes } }

    /// How many notes were taken.
    package var noteCount: Int { state.withLock { $0.noteCount } }

    /// The last notes, oldest first.
    package var latest: [String] {
        state.withLock { state in
            var queue = state.latest
            var notes: [String] = []
            while let note = queue.popFirst() { notes.append(note) }
            return notes
        }
    }
}

extension Limits {
    /// Bounds on a run's trace.
    package enum Trace {
        /// Notes kept for the report of a failure; older ones are forgotten.
        package static let notesKept = 64
    }

    /// Bounds on a seeded run.
    package enum SeededRun {
        /// Jobs a run may execute before it is taken for one that never ends, and fails.
        package static let maximumSteps = 10_000_000
    }
}
