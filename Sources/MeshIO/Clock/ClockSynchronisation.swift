internal import CMeshSockets
internal import Glibc

/// Whether somebody keeps this machine's clock right.
package enum ClockSynchronisation: Hashable, Sendable {
    /// A time service does, with an error of at most this.
    case synchronised(within: Duration)
    /// Nobody does.
    case unsynchronised
    /// The kernel does not say; the words are its own.
    case unknown(String)

    /// As the kernel says it now.
    package static func ofThisMachine() -> ClockSynchronisation {
        var error = Int64(0)
        switch cmesh_clock_is_kept(&error) {
        case 0: return .unsynchronised
        case 1: return .synchronised(within: .microseconds(error))
        case let number: return .unknown(String(cString: strerror(0 &- number)))
        }
    }
}
