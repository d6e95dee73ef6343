internal import MeshActors
internal import MeshCore
internal import MeshTunnel

/// One link, as its edge holds it.
///
/// It goes on until somebody ends it: cancelling who waits for its events does not.
final class SimulatedHubLink: HubLink {
    private struct State {
        var events = BoundedQueue<LinkEvent>(capacity: 16)
        var end: String?
        var isStranded = false
        var isRetired = false
        var figures = LinkFigures()
    }

    let number: Int
    let edge: NodeID
    let isResumed: Bool
    private let owner: SimulatedHub
    private let network: TunnelNetwork
    private let state = Lock(State())
    private let news = Beacon()

    init(_ number: Int, _ edge: NodeID, _ owner: SimulatedHub, _ network: TunnelNetwork, isResumed: Bool) {
        self.number = number
        self.edge = edge
        self.owner = owner
        self.network = network
        self.isResumed = isResumed
    }

    var hub: NodeID { owner.id }

    /// Whether it was left behind when its edge changed its address.
    var isStranded: Bool { state.withLock { $0.isStranded } }
    var isOver: Bool { state.withLock { $0.end != nil } }

    func strand() { state.withLock { $0.isStranded = true } }
    func comeAlong() { state.withLock { $0.isStranded = false } }

    func count(_ bytes: UInt64) {
        state.withLock { state in
            state.figures.bytesSent += bytes
            state.figures.roundTrip = .milliseconds(40)
        }
    }

    func tell(_ event: LinkEvent) {
        state.withLock { state in _ = state.end == nil && state.events.append(event) }
        news.light()
    }

    func end(_ words: String) {
        let isFirst = state.withLock { state in
            guard state.end == nil else { return false }
            state.end = words
            return true
        }
        guard isFirst else { return }
        network.history.linkEnded(number, from: edge)
        owner.forget(number)
        news.light()
    }

    func nextEvent() async -> LinkEvent {
        while true {
            let event = state.withLock { state in
                state.events.popFirst() ?? state.end.map { LinkEvent.ended($0) }
            }
            if let event { return event }
            await news.waitToTheEnd()
        }
    }

    func close(_ message: String) async { end(message) }

    func retire() async {
        let isFirst = state.withLock { state in
            defer { state.isRetired = true }
            return !state.isRetired
        }
        guard isFirst else { return }
        // What is under way takes a while, and now and then for ever.
        let (isEndless, pause) = network.draw {
            ($0.chance(1, in: 8), Duration.milliseconds($0.integer(in: 1...20_000)))
        }
        if !isEndless { network.later(pause) { self.end("nothing is under way any more") } }
    }

    func figures() async -> LinkFigures { state.withLock { $0.figures } }
}
