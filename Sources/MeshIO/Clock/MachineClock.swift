internal import CMeshSockets
package import MeshCore

/// The machine's clock: monotonic since it was started, and what people have set.
///
/// Sleepers wait in the timers of an event loop: that of the caller where it runs on one, else the one given here. They
/// wake in the order of their deadlines on each loop; stopping a loop cancels its sleepers.
package struct MachineClock: Clock {
    private let loop: EventLoop

    /// A clock whose sleepers wait on `loop` where they are not on one already.
    package init(loop: EventLoop) { self.loop = loop }

    package var now: Instant { Instant(nanoseconds: cmesh_monotonic_nanoseconds()) }

    package var wallTime: WallTime { WallTime(millisecondsSince1970: cmesh_wall_milliseconds()) }

    package func sleep(until deadline: Instant) async throws(CancellationError) {
        guard !Task.isCancelled else { throw CancellationError() }
        guard deadline > now else { return }
        let sleeper = Sleeper(loop: EventLoop.current ?? loop, deadline: deadline)
        guard await sleeper.wait(), !Task.isCancelled else { throw CancellationError() }
    }
}
