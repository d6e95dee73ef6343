package import MeshCore

/// One answer to a question for `_meshhub._udp.<name>` (RFC 2782).
package struct ServiceRecord: Hashable, Sendable {
    /// Lower ones are tried first.
    package let priority: UInt16

    /// Among those of one priority, how often this one comes first; 0 seldom.
    package let weight: UInt16

    /// Where the service is.
    package let host: String

    /// At which port.
    package let port: UInt16

    /// The record with these fields.
    package init(priority: UInt16, weight: UInt16, host: String, port: UInt16) {
        self.priority = priority
        self.weight = weight
        self.host = host
        self.port = port
    }
}

/// Why a name led to no address.
package enum ResolverErrorCode: String, ErrorCode {
    package static let domain = "resolver"

    /// The name does not exist, or has no record of that kind: asking again soon is of no use.
    case notFound
    /// Nobody answered, or the answer cannot be used: asking again may help.
    case unavailable
}

/// An error of a resolver.
package typealias ResolverError = MeshError<ResolverErrorCode>

/// The port to the names of hosts.
///
/// May be called from any task; a cancelled caller is let go, whatever the question is doing. Answers are bounded by
/// ``Limits/Tunnel/maximumAddresses`` and ``Limits/Tunnel/maximumServices``; what exceeds them is left out.
package protocol HubResolver: Sendable {
    /// The addresses of `host`, in the order that the system prefers.
    func addresses(of host: String) async throws(ResolverError) -> [IPAddress]

    /// The hubs that `name` announces as `_meshhub._udp.<name>`, in the order of the answer.
    func services(of name: String) async throws(ResolverError) -> [ServiceRecord]
}
