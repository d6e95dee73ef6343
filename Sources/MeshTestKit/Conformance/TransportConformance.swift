package import MeshActors
package import MeshCore

/// Two nodes that can reach each other.
package struct TransportsUnderTest: Sendable {
    /// The node that asks.
    package let client: any Transport
    /// The node that answers, once it serves.
    package let server: any Transport
    /// The server's name.
    package let serverNode: NodeID
    /// The client's name, as the server must see it.
    package let clientNode: NodeID
    /// The clock on which both wait.
    package let clock: any Clock

    /// A pair for one law.
    package init(
        client: any Transport,
        _ clientNode: NodeID,
        server: any Transport,
        _ serverNode: NodeID,
        clock: any Clock
    ) {
        self.client = client
        self.clientNode = clientNode
        self.server = server
        self.serverNode = serverNode
        self.clock = clock
    }
}

/// The contract of ``Transport``, a law for each promise.
///
/// Every law wants a fresh pair whose links work. Nothing in a law depends on how long a link takes, as long as a
/// round trip and the news of a peer's end come within ``TransportLaws/patience``; on a real clock a law takes
/// milliseconds.
package enum TransportConformance: String, CaseIterable, Sendable {
    case aResponseReachesItsOwnCaller
    case payloadsArriveAsTheyWereSent
    case whatIsTooLargeIsRefused
    case bothSidesAreNamed
    case aHandlerMayAskItsCaller
    case aRequestIsHandledAtMostOnce
    case messagesAreHandledOnceAndAnsweredByNobody
    case requestsDoNotWaitForEachOther
    case largeBodiesDoNotHoldUpSmallOnes
    case aDeadlineEndsTheWaitAndReachesTheHandler
    case aRequestBehindItsDeadlineIsNotSent
    case cancellingEndsTheWaitAndReachesTheHandler
    case aNodeThatDoesNotServeIsUnreachable
    case aPeerThatStopsEndsWhatIsUnderWay
    case noHandlerRunsAfterServing
    case aNodeThatServesAgainIsReached
    case requestsBeyondTheBoundWaitOrAreRefused

    /// Holds `subject` to this law, or throws what was seen instead.
    package func check(_ subject: TransportsUnderTest) async throws {
        let laws = TransportLaws(pair: subject)
        switch self {
        case .aResponseReachesItsOwnCaller: try await laws.ownCaller()
        case .payloadsArriveAsTheyWereSent: try await laws.payloads()
        case .whatIsTooLargeIsRefused: try await laws.tooLarge()
        case .bothSidesAreNamed: try await laws.names()
        case .aHandlerMayAskItsCaller: try await laws.askingBack()
        case .aRequestIsHandledAtMostOnce: try await laws.atMostOnce()
        case .messagesAreHandledOnceAndAnsweredByNobody: try await laws.messages()
        case .requestsDoNotWaitForEachOther: try await laws.independence()
        case .largeBodiesDoNotHoldUpSmallOnes: try await laws.largeBodies()
        case .aDeadlineEndsTheWaitAndReachesTheHandler: try await laws.deadline()
        case .aRequestBehindItsDeadlineIsNotSent: try await laws.passedDeadline()
        case .cancellingEndsTheWaitAndReachesTheHandler: try await laws.cancellation()
        case .aNodeThatDoesNotServeIsUnreachable: try await laws.unreachable()
        case .aPeerThatStopsEndsWhatIsUnderWay: try await laws.peerStops()
        case .noHandlerRunsAfterServing: try await laws.end()
        case .aNodeThatServesAgainIsReached: try await laws.servingAgain()
        case .requestsBeyondTheBoundWaitOrAreRefused: try await laws.bound()
        }
    }
}
