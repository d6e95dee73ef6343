internal import MeshIO

/// Stands between a loop's timer and an object to which many references are counted; see ``EndpointRelay``.
final class TimerRelay: TimerHandler {
    private unowned let handler: any TimerHandler

    /// For `handler`, which keeps this.
    init(_ handler: any TimerHandler) { self.handler = handler }

    func timerFired(_ timer: LoopTimer) { handler.timerFired(timer) }
}
