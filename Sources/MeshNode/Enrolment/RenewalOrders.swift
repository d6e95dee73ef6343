internal import MeshActors
package import MeshCore

/// Has a keeper renew its certificate before the time, and brings back what came of it.
///
/// Whoever asks while another waits is told the same.
package final class RenewalOrders: Sendable {
    private let waiting = Lock<OneShot<Result<WallTime, StewardRefusal>>?>(nil)
    /// What lets the keeper look.
    let nudge: Nudge

    /// Orders for the keeper who is nudged by `nudge`.
    package init(nudge: Nudge) { self.nudge = nudge }

    /// When the certificate ends that there is after this.
    package func renew() async throws(StewardRefusal) -> WallTime {
        let order = waiting.withLock { waiting in
            let order = waiting ?? OneShot()
            waiting = order
            return order
        }
        nudge.give()
        let outcome: Result<WallTime, StewardRefusal>
        do throws(CancellationError) { outcome = try await order.wait() } catch {
            throw StewardRefusal("nobody waits for the renewal any more; it may happen all the same")
        }
        return try outcome.get()
    }

    /// Whether somebody waits.
    var isWaiting: Bool { waiting.withLock { $0 != nil } }

    /// Tells everybody who waits.
    func answer(_ outcome: Result<WallTime, StewardRefusal>) { waiting.withLock { $0.take() }?.open(outcome) }
}
