package import MeshCore

/// Where one attempt goes: a hub under one name, at all its addresses.
package struct HubTarget: Hashable, Sendable {
    /// The name that the hub's certificate must have.
    package let serverName: ServerName

    /// Where it may be, the preferred first and the families in turn; they are raced (RFC 8305).
    package let endpoints: [IPEndpoint]

    /// A hub of that name at those places, at least one.
    package init(serverName: ServerName, endpoints: [IPEndpoint]) {
        precondition(!endpoints.isEmpty, "a target has an address")
        self.serverName = serverName
        self.endpoints = endpoints
    }
}

/// Why there is no link.
package enum DialErrorCode: String, ErrorCode {
    package static let domain = "dial"

    /// Nobody answered, or the network is not there.
    case unreachable
    /// The hub takes nobody now; it may say when to come again.
    case refused
    /// One side does not believe the other's certificate: it will be the same again until somebody acts.
    case notAuthenticated
    /// The hub's protocol is not ours.
    case incompatible
    /// Our certificate, key or authorities cannot be used.
    case credentialsUnusable
    /// This node is stopping.
    case stopping
}

/// Why an attempt failed, and what the hub said about another.
package struct DialError: Error, Hashable, Sendable {
    /// What sort of failure it is.
    package let code: DialErrorCode

    /// In words for people.
    package let message: String

    /// How long the hub asks to be left alone, if it said so.
    package let retryAfter: Duration?

    /// A failure.
    package init(_ code: DialErrorCode, _ message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }
}

/// What happens to a link that was open.
package enum LinkEvent: Hashable, Sendable {
    /// The hub closes soon: finish here, go elsewhere.
    case leaving(HubFarewell)
    /// It is over; the words say why. The last event.
    case ended(String)
}

/// What a hub says before it goes.
package struct HubFarewell: Hashable, Sendable {
    /// How long it still waits for what is under way.
    package let patience: Duration

    /// For people.
    package let message: String

    /// Other hubs to go to, `host:port`, the preferred first.
    package let alternates: [String]

    /// Over how long those who go shall spread their coming back.
    package let window: Duration

    /// A farewell.
    package init(patience: Duration, message: String, alternates: [String], window: Duration) {
        self.patience = patience
        self.message = message
        self.alternates = alternates
        self.window = window
    }
}

/// How a link stands, for statistics.
package struct LinkFigures: Hashable, Sendable {
    /// Bytes of UDP payloads sent.
    package var bytesSent = UInt64(0)
    /// Bytes of UDP payloads received.
    package var bytesReceived = UInt64(0)
    /// Frames sent, on all streams.
    package var framesSent = UInt64(0)
    /// Frames received, on all streams.
    package var framesReceived = UInt64(0)
    /// Streams begun by either side.
    package var streams = UInt64(0)
    /// Packets taken for lost.
    package var packetsLost = UInt64(0)
    /// The smoothed round trip.
    package var roundTrip = Duration.zero
    /// Bytes that may be under way.
    package var congestionWindow = 0

    /// All zero.
    package init() {}
}

/// An open link to a hub: both have said hello.
///
/// Made by a ``HubDialler``. May be used from any task. Requests do not go through it: they go through the node's
/// ``Transport``, which knows the link by the hub's name.
package protocol HubLink: Sendable {
    /// Whom its certificate names.
    var hub: NodeID { get }

    /// Whether it was resumed with a ticket.
    var isResumed: Bool { get }

    /// The next event; one caller at a time. After `ended` it is `ended` again.
    ///
    /// Cancelling the caller need not end the wait: closing the link does, and whoever holds a link closes it.
    func nextEvent() async -> LinkEvent

    /// Ends the link at once: what is under way on it is lost, and the next event is `ended`.
    ///
    /// Also from a task that was cancelled, and also where it is over already.
    func close(_ message: String) async

    /// Begins nothing more on it, and ends it when nothing is under way.
    ///
    /// A newer link to the same hub takes what is new. Returns at once; the end comes as an event.
    func retire() async

    /// How it stands.
    func figures() async -> LinkFigures
}

/// The port to hubs: makes links.
package protocol HubDialler: Sendable {
    /// Makes a link to `target`; of its addresses the first that answers.
    ///
    /// Cancelling gives it up, and leaves no link behind. An older link to the same hub stays until it is retired.
    func dial(_ target: HubTarget) async throws(DialError) -> any HubLink

    /// Waits until the addresses of this machine have changed; one caller at a time.
    func addressesChanged() async

    /// Goes on from another local address with all links (RFC 9000 §9); false where that did not work.
    func migrate() async -> Bool
}

/// The port through which a tunnel asks whether its hub is alive: not its network stack, its actors.
package protocol HubProbe: Sendable {
    /// What `hub` answers; an error where it does not until `deadline`.
    func probe(_ hub: NodeID, deadline: Instant) async throws -> ProbeAnswer
}
