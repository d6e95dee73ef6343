internal import MeshCore
internal import MeshIO

/// Several addresses of one node, tried a little after each other: the first whose handshake is complete wins.
///
///     address 1 ──────────────────╳ closed before it says hello
///     250 ms later: address 2 ────────▶ established: the link
///     250 ms later, or when one has failed: address 3 …
///
/// As RFC 8305 does it for TCP. Only the winner says hello, so the node never sees two links of one attempt. Confined
/// to the loop.
final class ConnectionRace: @unchecked Sendable {
    // Sendable: whoever makes it hands it to the loop, which alone touches it from then on.
    private var core: TransportCore?
    private var addresses: [SocketAddress]
    private let serverName: ServerName
    private let keepsOlder: Bool
    private var told: ((Result<PeerLink, QUICError>) -> Void)?
    private var running: [PeerLink] = []
    private var winner: PeerLink?
    private var failure: QUICError?
    private lazy var timer = LoopTimer(handler: self)

    /// A race to `addresses`, the preferred first; whether an older link to the same node is left alone.
    init(_ addresses: [SocketAddress], serverName: ServerName, keepsOlder: Bool) {
        self.keepsOlder = keepsOlder
        self.addresses = Array(addresses.prefix(Limits.Endpoint.maximumRacedAddresses))
        self.serverName = serverName
    }

    /// Begins; `told` hears once how it ends.
    func begin(in core: TransportCore, told: @escaping (Result<PeerLink, QUICError>) -> Void) {
        self.core = core
        self.told = told
        tryNext()
    }

    private func tryNext() {
        guard let core, winner == nil, told != nil else { return }
        guard !addresses.isEmpty else {
            if running.isEmpty { end(.failure(failure ?? QUICError(.stopping, "there is no address to connect to"))) }
            return
        }
        let address = addresses.removeFirst()
        let link = PeerLink(core: core, race: self, keepsOlder: keepsOlder)
        running.append(link)
        core.loop.schedule(timer, at: core.loop.now + Self.stagger)
        do throws(QUICError) {
            try core.dial(link, to: address, serverName: serverName)
        } catch {
            closed(link, error)
        }
    }

    /// The handshake of `link` is complete; whether it may say hello.
    func established(_ link: PeerLink) -> Bool {
        guard winner == nil else { return winner === link }
        winner = link
        core?.loop.cancel(timer)
        for other in running where other !== link { other.close(code: 0, "another address was faster") }
        return true
    }

    /// `link` is open.
    func opened(_ link: PeerLink) { end(.success(link)) }

    /// `link` is over, or was never begun.
    func closed(_ link: PeerLink, _ error: QUICError) {
        running.removeAll { $0 === link }
        // Somebody who said no says more than an address that nobody answers at.
        if failure.map(Self.isSilence) ?? true { failure = error }
        if winner === link { return end(.failure(error)) }
        tryNext()
    }

    private static func isSilence(_ error: QUICError) -> Bool {
        switch (error.cause as? CloseReason)?.kind {
        case .handshakeTimeout, .idle, nil: true
        case .application, .alert, .transport, .statelessReset, .abandoned: false
        }
    }

    private func end(_ result: Result<PeerLink, QUICError>) {
        core?.loop.cancel(timer)
        core = nil
        running = []
        let told = told.take()
        told?(result)
    }

    /// Nobody waits any more.
    func cancel() {
        addresses = []
        let links = running
        for link in links { link.close(code: 0, "the caller was cancelled") }
        if told != nil { end(.failure(QUICError(.connectionClosed, "the caller was cancelled"))) }
    }

    /// RFC 8305 §5.
    private static let stagger = Duration.milliseconds(250)
}

extension ConnectionRace: TimerHandler {
    func timerFired(_ timer: LoopTimer) { tryNext() }
}
