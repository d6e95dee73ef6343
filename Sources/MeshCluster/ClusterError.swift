internal import MeshCore

/// Why a cluster does not what it was asked for.
enum ClusterErrorCode: String, ErrorCode {
    static let domain = "cluster"

    /// No cluster runs there.
    case notRunning
    /// What was asked for makes no sense, or cannot be done now.
    case refused
    /// A node did not start, or not in time.
    case notReady
    /// Something of the machine's.
    case failed
}

/// An error of a cluster.
typealias ClusterError = MeshError<ClusterErrorCode>
