internal import MeshActors
internal import MeshCore

/// One attempt and the link that comes of it, as its tunnel holds it.
///
/// The tunnel says what shall become of it; the link's own task does it.
final class LinkHold: Sendable {
    let dial: TunnelStateMachine.Dial

    /// The attempt is given up, or the link is closed, with these words.
    let ending = OneShot<String>()

    /// The link finishes what is under way.
    let retiring = OneShot<Bool>()

    private struct State {
        var probe: TunnelStateMachine.Probe?
        var link: (any HubLink)?
        var address: HubAddress?
        var isOver = false
    }

    private let state = Lock(State())
    private let probeWanted = Signal()

    init(_ dial: TunnelStateMachine.Dial) { self.dial = dial }

    var link: (any HubLink)? { state.withLock { $0.link } }
    var address: HubAddress? { state.withLock { $0.address } }
    var isOver: Bool { state.withLock { $0.isOver } }

    func opened(_ link: any HubLink, at address: HubAddress) {
        state.withLock { state in
            state.link = link
            state.address = address
        }
    }

    func ended() { state.withLock { $0.isOver = true } }

    /// Has `probe` sent; an earlier one that is under way is given up for it.
    func want(_ probe: TunnelStateMachine.Probe) {
        state.withLock { $0.probe = probe }
        probeWanted.raise()
    }

    /// The probe to send, once there is one; nil when the calling task is cancelled.
    ///
    /// One task at a time may ask.
    func nextProbe() async -> TunnelStateMachine.Probe? {
        while !Task.isCancelled {
            if let probe = state.withLock({ $0.probe.take() }) { return probe }
            await probeWanted.wait()
        }
        return nil
    }

    /// Returns when another probe is wanted, or the calling task is cancelled.
    ///
    /// One task at a time may wait.
    func untilNextProbe() async {
        while !Task.isCancelled, state.withLock({ $0.probe == nil }) { await probeWanted.wait() }
    }
}
