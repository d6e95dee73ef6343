internal import MeshIO

/// Stands between a loop's timer and an object to which many references are counted; see ``EndpointRelay``.
///
/// What it stands before cancels its timer, on the loop, before it may be let go anywhere.
final class TimerRelay: TimerHandler {
    private unowned let handler: any TimerHandler

    /// For `handler`, which keeps this.
    init(_ handler: any TimerHandler) { self.handler = handler }

    func timerFired(_ timer: LoopTimer) { handler.timerFired(timer) }
}
