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

/// An error of a transport.
package typealias TransportError = MeshError<TransportErrorCode>

/// A request as its receiver sees it.
package struct IncomingRequest: Sendable {
    /// Who asks, as the transport has authenticated it.
    package let sender: NodeID

    /// What it asks: the payload of one frame.
    package let payload: [UInt8]

    /// A request of `sender`.
    package init(sender: NodeID, payload: [UInt8]) {
        self.sender = sender
        self.payload = payload
    }
}

/// Handles one request, on the executor of whoever brings it, and returns the response.
package typealias RequestHandler = nonisolated(nonsending) @Sendable (IncomingRequest) async -> [UInt8]

/// The port to other nodes: requests with responses, each one frame.
///
/// Contract, which `TransportConformance` in `MeshTestKit` holds every implementation to:
/// - A request is handled at most once, and its response reaches only its own caller.
/// - Requests do not wait for each other, except where a bound of the transport is met.
/// - Cancelling the caller ends its wait at once, and reaches the handler's task if the request is being handled.
/// - A deadline is absolute on this node's clock; the receiver is told what is left of it.
/// - Neither side trusts the other's bytes; payloads are opaque here.
package protocol Transport: Sendable {
    /// Asks `node` and returns its response.
    nonisolated(nonsending) func request(
        _ payload: [UInt8],
        to node: NodeID,
        deadline: Instant?
    ) async throws(TransportError) -> [UInt8]

    /// Handles what others ask, each request in a task of its own or its caller's, until the calling task is cancelled.
    ///
    /// Call it once, before others may ask. When it returns, no handler runs any more; it waits for those that run in
    /// their callers' tasks, which it cannot cancel.
    func serve(_ handler: @escaping RequestHandler) async

    /// Whether handlers run in tasks of the transport's own, which it cancels when serving ends.
    ///
    /// Those of others run in their callers' tasks, and their node must end what they wait for.
    var cancelsHandlers: Bool { get }
}

extension Transport {
    /// They run in their callers' tasks, unless a transport says otherwise.
    package var cancelsHandlers: Bool { false }
}
