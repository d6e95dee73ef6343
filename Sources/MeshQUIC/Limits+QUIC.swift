package import MeshCore

extension Limits {
    /// Bounds on streams.
    package enum Stream {
        /// A stream that holds as much to be sent or acknowledged asks its writer to wait.
        package static let highWaterBytes = 256 * 1_024

        /// A writer that waits is called again when a stream holds no more than this.
        package static let lowWaterBytes = 128 * 1_024

        /// A stream that holds as much, sent and not yet acknowledged included, asks its writer to wait.
        package static let maximumHeldBytes = 4 * 1_024 * 1_024

        /// A stream of bytes may hold as much unsent however small the congestion window is; beyond it and a quarter of
        /// the window its writer waits.
        package static let leastUnsentBytes = 16 * 1_024

        /// Streams of bytes for one word that are served at a time; a further one is refused as overloaded.
        package static let maximumServed = 1_024
    }

    /// Bounds on connections.
    package enum Connection {
        /// Datagrams that wait to be sent; the oldest is dropped first, as the network would.
        package static let maximumDatagramsWaiting = 256

        /// Bytes of the reason in a close that we send or show.
        package static let maximumReasonBytes = 512

        /// Bytes of a peer's certificate.
        package static let maximumCertificateBytes = 16 * 1_024

        /// Packets of one connection in one turn of the loop; then others have their turn.
        package static let packetsPerTurn = 128
    }

    /// Bounds on links.
    package enum Link {
        /// Bytes of answers that a peer has not read, with those that are being made by their mean size.
        ///
        /// Beyond it further requests of the peer wait, unread, so that its own window fills.
        package static let maximumUnreadBytes = 4 * 1_024 * 1_024

        /// Requests of one peer that are handled at a time whatever their answers may weigh, so that a few slow ones
        /// do not hold up the rest; only a peer that does not read is made to wait below it.
        package static let alwaysHandled = 64

        /// Requests of one peer that wait for such room; further ones are refused as overloaded.
        package static let maximumWaiting = 4_096

        /// Bytes of requests to one peer that wait for a stream; further ones fail, and nothing happened.
        package static let maximumWaitingBytes = 32 * 1_024 * 1_024

        /// Bytes of requests of one peer that are not whole or wait for room; beyond it the newest is refused.
        package static let maximumUnfinishedBytes = 16 * 1_024 * 1_024

        /// Links to a node beside the one that is used, which end when nothing is under way; beyond it the oldest is
        /// closed.
        package static let maximumBeside = 4

        /// How long a peer may take to say farewell on a link that it has replaced by a newer one; then it is closed.
        package static let replacedPatience = Duration.seconds(20)

        /// How long a link beside another may take to end what is under way on it.
        package static let surplusPatience = Duration.seconds(600)

        /// A request that is being handled counts as at least so much.
        package static let smallestAnswerBytes = 4 * 1_024
    }

    /// Bounds on endpoints.
    package enum Endpoint {
        /// Connections unless configured otherwise; a further client is refused.
        package static let maximumConnections = 20_000

        /// Handshakes under way beyond which a client must prove its address first (Retry).
        package static let handshakesBeforeRetry = 64

        /// First packets without a proof of their address that are taken in a second; further ones get a Retry.
        package static let unprovenPerSecond = 256

        /// Bytes written to all peers together that they have not read, and of requests that they have not finished,
        /// unless configured otherwise.
        ///
        /// Beyond it connections are closed as overloaded until it is met again: of those that hold the mean or more,
        /// the one whose peer has read nothing for longest.
        package static let maximumUnreadBytes = 256 * 1_024 * 1_024

        /// Bytes that the answers being made may be expected to weigh while as much is unread as may be.
        ///
        /// Further requests wait. A quarter is kept for peers that have read answers.
        package static let answersUnderWayBytes = 64 * 1_024 * 1_024

        /// The answer of a peer that has given none is expected to weigh so much, until others are known.
        package static let largestAnswerBytes = 1_024 * 1_024

        /// When requests have waited so long for others to be answered, some begin all the same.
        package static let answerPatience = Duration.milliseconds(10)

        /// How many.
        package static let begunWithoutRoom = 32

        /// Handshakes under way unless configured otherwise; a further one takes the place of the oldest of the network
        /// (IPv4 address or IPv6 /64) that has most of them.
        ///
        /// Where that is its own, its first packets are dropped, and the client tries again, until the oldest has had
        /// ``handshakePatience``.
        package static let maximumHandshakes = 1_024

        /// Nobody who is refused for want of room is told to stay away for longer.
        package static let longestRetryAfter = Duration.seconds(60)

        /// How long a handshake is safe from newer ones of its own network where there is no room.
        package static let handshakePatience = Duration.seconds(2)

        /// Resets and version negotiations in a second, as many repeated closes, and as many refusals of first packets;
        /// further ones are not sent.
        package static let maximumStatelessPerSecond = 1_000

        /// Refused clients kept in mind for a moment, so that what follows their first packet leads to nothing more;
        /// the oldest is forgotten.
        package static let rememberedRefusals = 64

        /// How long: shorter than the pause after which a client that got no answer sends again.
        package static let refusalMoment = Duration.milliseconds(200)

        /// Addresses of one node that are tried for one link; further ones are left out.
        package static let maximumRacedAddresses = 16

        /// Address tokens that a client keeps, one a server; when there are more, it begins afresh.
        package static let rememberedAddressTokens = 1_024

        /// Clients whose certificates an endpoint remembers to have verified; when there are more, it begins afresh.
        package static let rememberedPeers = 16_384

        /// Tickets whose early data was taken, kept in mind to refuse them a second time.
        package static let rememberedTickets = 65_536
    }

    /// Bounds on the listener for enrolment, at which anybody may knock.
    package enum EnrolmentListener {
        /// Bytes of a request or an answer; a request that announces more is refused at its header.
        package static let maximumPayloadBytes = 64 * 1_024

        /// Connections at a time; a further client is refused, and told so at once.
        package static let maximumConnections = 256

        /// Connections at a time from one network (IPv4 address or IPv6 /64); a further client of it is refused.
        package static let maximumConnectionsOfNetwork = 16

        /// Handshakes under way; a further one takes the place of the oldest of the network that has most.
        package static let maximumHandshakes = 64

        /// Handshakes in a second; who comes beyond them is told when to come again.
        package static let handshakesPerSecond = 64

        /// A client that has not said what it wants so long after the handshake is let go.
        package static let requestPatience = Duration.seconds(5)

        /// An answer that takes longer is given up.
        package static let answerPatience = Duration.seconds(60)
    }
}
