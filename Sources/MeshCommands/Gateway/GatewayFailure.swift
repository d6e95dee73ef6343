package import MeshCommandLine
package import MeshCore

/// Why a gateway did not do what it was asked.
package enum GatewayFailureCode: String, ErrorCode {
    package static let domain = "gateway"

    /// Nobody answers there.
    case notReached
    /// What answers there is no gateway, or one that cannot be understood.
    case notAGateway
    /// It is an edge's, and was asked for what only hubs know.
    case notAHub
    /// It says no.
    case refused
    /// Nobody is asked: a question would leave as it is, and nobody has allowed that.
    case unredacted
    /// It says no to whoever shows no key.
    case noKey
    /// The edge that it was about is the reason.
    case node
    /// An answer has begun, and breaks off.
    case brokenOff
}

/// An error of asking a gateway.
package typealias GatewayFailure = MeshError<GatewayFailureCode>

extension MeshError<GatewayFailureCode> {
    /// Of the gateway of an edge at `place`, asked for what its hub alone knows: other nodes, or the accounts.
    static func edge(at place: GatewayPlace, keepsNoAccounts: Bool) -> GatewayFailure {
        guard keepsNoAccounts else {
            return GatewayFailure(
                .notAHub,
                "the gateway at \(place) is an edge, which knows no others: name its hub (--gateway URL)"
            )
        }
        return GatewayFailure(
            .notAHub,
            "the gateway at \(place) is an edge, and the hub keeps the accounts: name the hub's gateway "
                + "(--gateway URL, or SYNESIS_GATEWAY), and show it a key (SYNESIS_KEY) where it is another machine's"
        )
    }
}

extension GatewayFailureCode {
    /// With which code a command ends.
    package var exit: ExitCode {
        switch self {
        case .notReached, .notAGateway, .unredacted: SynesisExit.notReached
        case .notAHub, .refused, .noKey: SynesisExit.refused
        case .node: SynesisExit.node
        case .brokenOff: SynesisExit.brokenOff
        }
    }
}
