package import MeshCore

/// Why a request got no response.
package enum TransportErrorCode: String, ErrorCode {
    package static let domain = "transport"

    /// It was never sent: asking again, here or elsewhere, is safe.
    case unreachable
    /// It was sent and no response came: it may or may not have been handled.
    case lost
    /// The deadline passed; it may or may not have been handled.
    case timedOut
    /// A request or a response beyond the frame's bound.
    case tooLarge
    /// The transport has been closed.
    case closed
}

/// The cause of a ``TransportErrorCode/lost`` where the peer has said that it does not want a stream any more.
///
/// Without it the stream was cut.
package struct PeerCancelled: Error {
    /// It has.
    package init() {}
}

/// An error of a transport.
package typealias TransportError = MeshError<TransportErrorCode>

/// A request as its receiver sees it.
package struct IncomingRequest: Sendable {
    /// Who asks, as the transport has authenticated it.
    package let sender: NodeID

    /// By what it was authenticated.
    package let caller: Caller

    /// What it asks: the payload of one frame.
    package let payload: [UInt8]

    /// By what the sender of a request was authenticated.
    package enum Caller: Hashable, Sendable {
        /// By its certificate, which names this identity: rules of access are asked.
        case node(NodeIdentity)
        /// Not at all: it is this very process, which nothing is kept from.
        case sameProcess
    }

    /// A request of `sender`; every transport says what it knows of it.
    package init(sender: NodeID, caller: Caller, payload: [UInt8]) {
        self.sender = sender
        self.caller = caller
        self.payload = payload
    }
}

/// Handles one request, on the executor of whoever brings it, and returns the response.
package typealias RequestHandler = nonisolated(nonsending) @Sendable (IncomingRequest) async -> [UInt8]

/// The port to other nodes: requests with responses, each one frame.
///
/// Contract, which `TransportConformance` in `MeshTestKit` holds every implementation to:
///
/// - **Requests.** A request is handled at most once, and ends exactly once: with its own response or with one error.
///   Nothing is repeated by the transport; whether to ask again is for callers, who know what is safe.
/// - **Messages** are requests whose response nobody wants. They are handled at most once, and whether they are the
///   sender never learns, unless it is told of an error that promises that they are not.
/// - **What an error promises.** `unreachable`, `timedOut` of a deadline that had passed before, and `tooLarge` of a
///   request: it was not handled. Everything else: it may have been, or still be under way.
/// - **Order.** None is promised, neither of requests nor of responses. Requests do not wait for each other, small
///   ones not for large ones, except where a bound is met. A handler may ask its caller.
/// - **Payloads** are opaque, from none to ``Limits/Call/maximumMessageBytes`` bytes. What is larger is `tooLarge`, at
///   the sender, and ends that request alone.
/// - **Cancelling** the caller ends its wait at once, with `lost` where no response is there yet, and cancels the
///   handler's task if the request is being handled. A handler heeds it: an implementation may have to wait for one
///   that does not.
/// - **Deadlines** are absolute on this node's clock. When one passes, the wait ends with `timedOut`, and the handler's
///   task is cancelled. The receiver is not told of it; a payload that needs it holds what is left of it.
/// - **Peers come and go.** A node that does not serve is `unreachable`, soon and not at the deadline. When a peer
///   stops or its connection breaks, what is under way ends with `lost`. Connecting, and connecting anew, is the
///   transport's business: as soon as the peer serves again, a request reaches it.
/// - **Bounds.** A node handles at most ``Limits/Call/maximumRequestsWaiting`` requests at a time; what exceeds them
///   waits or is `unreachable`, and is never both refused and handled. The sender is held up, nobody's memory grows.
/// - **Trust.** ``IncomingRequest/sender`` is authenticated. Neither side trusts the other's bytes.
/// - **Isolation, closing.** Both methods may be called from any task, at the same time. A transport is closed by who
///   made it; then requests end with `closed`.
package protocol Transport: Sendable {
    /// Asks `node` and returns its response.
    nonisolated(nonsending) func request(
        _ payload: [UInt8],
        to node: NodeID,
        deadline: Instant?
    ) async throws(TransportError) -> [UInt8]

    /// Hands `payload` to `node`, and wants no response; may return before it is handled.
    nonisolated(nonsending) func post(
        _ payload: [UInt8],
        to node: NodeID,
        deadline: Instant?
    ) async throws(TransportError)

    /// Handles what others ask, each request in a task of its own or its caller's, until the calling task is cancelled.
    ///
    /// One call at a time; it may be called again when it has returned. No handler is called before, and when it
    /// returns none runs any more and none will. Handlers with a deadline, or from other processes, are cancelled when
    /// it ends. One that runs in the task of a caller without a deadline cannot be: it is waited for, and must end by
    /// itself when its node stops.
    func serve(_ handler: @escaping RequestHandler) async

    /// Whether handlers run in tasks of the transport's own, which it cancels when serving ends.
    ///
    /// Those of others run in their callers' tasks, and their node must end what they wait for.
    var cancelsHandlers: Bool { get }
}

extension Transport {
    /// A request whose response is let go, where a transport has nothing cheaper.
    nonisolated(nonsending) package func post(
        _ payload: [UInt8],
        to node: NodeID,
        deadline: Instant?
    ) async throws(TransportError) {
        _ = try await request(payload, to: node, deadline: deadline)
    }

    /// They run in their callers' tasks, unless a transport says otherwise.
    package var cancelsHandlers: Bool { false }
}
