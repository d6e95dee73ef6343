package import MeshCore
internal import MeshIO

/// Why a node does not start, where no part of it has a word of its own.
package enum StartErrorCode: String, ErrorCode {
    package static let domain = "start"

    /// What the configuration says does not fit what it leads to.
    case configuration
    /// An address cannot be listened at.
    case address
    /// A certificate, a key or an authority.
    case certificates
    /// A clock.
    case clock

    var exit: NodeExit {
        switch self {
        case .configuration: .configuration
        case .address: .address
        case .certificates: .certificates
        case .clock: .clock
        }
    }
}

/// An error of a node's start.
package typealias StartError = MeshError<StartErrorCode>

extension MeshError<StartErrorCode> {
    /// Why `address`, which `setting` says, cannot be listened at; nil where `error` is about something else.
    init?(listeningAt address: SocketAddress, over protocol: String = "UDP", _ setting: String, _ error: any Error) {
        guard let error = error as? IOError else { return nil }
        let words: String
        switch error.code {
        case .addressInUse:
            words =
                "another process listens at \(address) (\(`protocol`)): choose another port for \(setting), or see who "
                + "it is (ss --\(`protocol`.lowercased()) --listening --processes 'sport = :\(address.port)')"
        case .addressUnavailable: words = "\(address) is no address of this machine: choose another for \(setting)"
        case .denied: words = "this user may not listen at \(address): choose a port above 1023 for \(setting)"
        default: words = "\(setting) \(address): \(error.message)"
        }
        self.init(.address, words, cause: error)
    }
}
