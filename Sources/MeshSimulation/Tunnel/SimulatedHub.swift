internal import MeshActors
internal import MeshCore
internal import MeshTunnel

/// A hub as the edges see it: it lives or not, shakes hands or not, answers or not.
final class SimulatedHub: Sendable {
    enum Mood: Sendable { case welcoming, full, disbelieving }

    private struct State {
        var isUp = true
        var isHanging = false
        var mood = Mood.welcoming
        var links: [Int: SimulatedHubLink] = [:]
    }

    let id: NodeID
    let host: String
    let address: IPAddress
    private let network: TunnelNetwork
    private let state = Lock(State())

    init(_ id: NodeID, host: String, address: IPAddress, network: TunnelNetwork) {
        self.id = id
        self.host = host
        self.address = address
        self.network = network
    }

    var isUp: Bool { state.withLock { $0.isUp } }
    var answers: Bool { state.withLock { $0.isUp && !$0.isHanging } }
    var place: String { "\(host):\(HubAddress.defaultPort)" }

    /// What it tells its edges about their return.
    var window: Duration {
        let tunnels = state.withLock { $0.links.count }
        return HerdPacing(admissionsPerSecond: Limits.TunnelWorld.admissionsPerSecond).window(tunnels: tunnels)
    }

    func setHanging(_ isHanging: Bool) { state.withLock { $0.isHanging = isHanging } }
    func setMood(_ mood: Mood) { state.withLock { $0.mood = mood } }

    /// The newest link of `edge`, over which a request of it would go.
    func newestLink(of edge: NodeID) -> SimulatedHubLink? {
        state.withLock { $0.links.values.filter { $0.edge == edge }.max { $0.number < $1.number } }
    }

    /// Takes a handshake of `edge`.
    func accept(_ edge: NodeID, isResumed: Bool) throws(DialError) -> SimulatedHubLink {
        let retryAfter = network.draw { Duration.milliseconds($0.integer(in: 100...5_000)) }
        let mood = state.withLock { $0.isUp ? $0.mood : nil }
        switch mood {
        case nil: throw DialError(.unreachable, "the hub has ended meanwhile")
        case .full?: throw DialError(.refused, "the hub is full", retryAfter: retryAfter)
        case .disbelieving?: throw DialError(.notAuthenticated, "the hub does not believe the certificate")
        case .welcoming?: break
        }
        let link = SimulatedHubLink(network.nextLink(), edge, self, network, isResumed: isResumed)
        state.withLock { $0.links[link.number] = link }
        network.history.linkOpened(link.number, from: edge, to: id)
        return link
    }

    func forget(_ link: Int) { state.withLock { $0.links[link] = nil } }

    /// Ends the process; its edges learn of it at once, or when it is back.
    func crash(downFor downTime: Duration, isSilent: Bool) {
        let links = state.withLock { state in
            state.isUp = false
            state.isHanging = false
            state.mood = .welcoming
            defer { state.links = [:] }
            return state.links.sorted { $0.key < $1.key }.map(\.value)
        }
        network.history.note("\(id) is down, \(links.count) links")
        for link in links {
            let pause = Duration.milliseconds(network.draw { $0.integer(in: 1...100) })
            network.later(isSilent ? downTime + pause : pause) { link.end("the hub knows nothing of this link") }
        }
        network.later(downTime) { self.rise() }
    }

    func rise() {
        state.withLock { state in
            state.isUp = true
            state.isHanging = false
            state.mood = .welcoming
        }
        network.history.note("\(id) is up")
    }

    /// Says farewell, waits, and starts again.
    func leave(patience: Duration, alternates: [String]) {
        let window = window
        let links = state.withLock { state in
            state.mood = .full
            return state.links.sorted { $0.key < $1.key }.map(\.value)
        }
        network.history.note("\(id) says farewell to \(links.count)")
        let farewell = HubFarewell(patience: patience, message: "restart", alternates: alternates, window: window)
        for link in links { link.tell(.leaving(farewell)) }
        network.later(patience) { self.crash(downFor: .milliseconds(500), isSilent: false) }
    }
}
