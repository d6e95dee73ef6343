/// Who has something to do before a loop waits: send what a turn collected, in one call instead of many.
package protocol TurnHandler: AnyObject {
    /// Called once after the hook was marked: at the latest before the loop waits, and within a turn of much work
    /// whenever some of it is done.
    ///
    /// Marking it again in here means that something is left: the loop then looks for events without waiting, and
    /// comes back.
    func prepareToWait()
}

/// A handler's place in the turns of a loop.
///
/// Confined to that loop.
package final class TurnHook {
    private let loop: EventLoop
    private weak var handler: (any TurnHandler)?
    private var isMarked = false

    /// A hook that calls `handler`, which it does not keep.
    package init(loop: EventLoop, handler: any TurnHandler) {
        self.loop = loop
        self.handler = handler
    }

    /// Has the handler called before the loop waits the next time.
    package func mark() {
        guard !isMarked else { return }
        isMarked = true
        loop.addMarked(self)
    }

    func run() {
        isMarked = false
        handler?.prepareToWait()
    }
}
