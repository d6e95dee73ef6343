internal import MeshActors
package import MeshCore

/// Lets somebody who sleeps look now: a pause that another may cut short.
package final class Nudge: Sendable {
    private let next = Lock(OneShot<Done>())

    /// Nobody has nudged yet.
    package init() {}

    /// Ends the pause that lasts now, or the next one.
    package func give() { next.withLock { $0 }.open(Done()) }

    /// Returns after `pause` or when nudged, whichever is first; true where nudged.
    package func wait(_ pause: Duration, on clock: any Clock) async -> Bool {
        let next = next.withLock { $0 }
        let isNudged = await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await next.wait()) != nil }
            group.addTask {
                try? await clock.sleep(for: pause)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        if isNudged { self.next.withLock { $0 = OneShot() } }
        return isNudged
    }
}
