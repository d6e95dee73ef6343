package import MeshAPI
package import MeshCore

/// The port by which a hub's operators send something to one of its edges.
///
/// Each call ends within its timeout with the edge's own answer or one error, and writes a line in the hub's log.
/// Cancelling ends the wait; what the edge was sent it may do all the same.
package protocol NodeCommander: Sendable {
    /// Has `node` answer, and says how long that took.
    func ping(_ node: NodeID, timeout: Duration) async throws(NodeCommandError) -> PingDocument

    /// Has `node` get another certificate now.
    func renew(_ node: NodeID, timeout: Duration) async throws(NodeCommandError) -> RenewDocument

    /// Has `node` let what is under way end, and stop; returns when it has said that it does.
    func drain(_ node: NodeID, timeout: Duration) async throws(NodeCommandError) -> DrainDocument
}

/// Why a command to an edge came to nothing.
package enum NodeCommandErrorCode: String, ErrorCode {
    package static let domain = "node-command"

    /// Nobody has seen such an edge here, or nobody remembers.
    case unknownNode
    /// It is not connected.
    case notConnected
    /// It has not answered in time; it may do it all the same.
    case timedOut
    /// Its connection ended before its answer came; it may do it all the same.
    case lost
    /// It says no.
    case refused
    /// It does not know the command.
    case notSupported
    /// It has too much to do.
    case overloaded
    /// The hub is starting or stopping.
    case notNow
}

/// An error of a command to an edge.
package typealias NodeCommandError = MeshError<NodeCommandErrorCode>
