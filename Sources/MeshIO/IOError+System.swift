internal import Glibc
internal import MeshCore

extension MeshError<IOErrorCode> {
    /// What a call of the system failed with: a number of errno, negative or not.
    static func system(_ number: Int32, _ doing: String) -> IOError {
        let positive = number < 0 ? 0 &- number : number
        let code: IOErrorCode =
            switch positive {
            case EADDRINUSE: .addressInUse
            case EADDRNOTAVAIL: .addressUnavailable
            case EACCES, EPERM: .denied
            case EMFILE, ENFILE, ENOMEM, ENOBUFS, ENOSPC, EAGAIN: .tooMany
            case ECONNRESET, ECONNABORTED, EPIPE, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENETDOWN: .peerLost
            default: .failed
            }
        return IOError(code, "\(doing): \(String(cString: strerror(positive)))")
    }
}
