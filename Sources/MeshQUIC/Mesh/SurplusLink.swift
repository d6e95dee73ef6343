internal import MeshCore
internal import MeshIO
internal import MeshWire

/// A link beside another to the same node, which is newer or goes the other way: it ends without losing anything.
///
///     who decides                             the other side
///        │ go-away ───────────────────────────▶ │ begins nothing more
///        │                                      │ … until nothing is under way …
///        │ ◀────────────────────────────go-away │
///        │ … until nothing is under way …
///        │ closes ────────────────────────────▶ │
///
/// One side alone decides which of two links it is, so that they never choose differently and close both. Only an
/// answered go-away says that no request of the peer is still on its way.
final class SurplusLink: TimerHandler {
    private let link: PeerLink
    private let decides: Bool
    private lazy var timer = LoopTimer(handler: self)

    /// Begins to end `link`; the side that `decides` says so first.
    init(_ link: PeerLink, decides: Bool) {
        self.link = link
        self.decides = decides
        link.core.loop.schedule(timer, at: link.core.loop.now + Limits.Link.surplusPatience)
        if decides { link.say(Self.farewell) } else { link.whenIdle { [link] in link.say(Self.farewell) } }
    }

    /// The peer has said that it begins nothing more either.
    func farewellHeard() {
        if decides { link.whenIdle { [link] in link.close(code: 0, Self.farewell.message) } }
    }

    /// The connection is over.
    func end() { link.core.loop.cancel(timer) }

    func timerFired(_ timer: LoopTimer) { link.close(code: 0, Self.farewell.message) }

    private static let farewell = GoAway(
        patienceMilliseconds: UInt32(clamping: Limits.Link.surplusPatience.wholeNanoseconds / 1_000_000),
        message: "there is a newer connection",
        elsewhere: nil
    )
}
