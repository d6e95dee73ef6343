package import MeshCore

/// What can be wrong with a node's folder.
package enum NodeFolderErrorCode: String, ErrorCode {
    package static let domain = "node-folder"

    /// It cannot be made, read or written.
    case unusable
    /// It belongs to another user.
    case wrongOwner
    /// Others may write to it, or read a key.
    case exposed
    /// Another version has made it, or it is of another role.
    case otherVersion
    /// Another process has it.
    case busy

    var exit: NodeExit {
        switch self {
        case .unusable, .wrongOwner, .exposed: .folder
        case .otherVersion: .version
        case .busy: .busy
        }
    }
}

/// An error about a node's folder.
package typealias NodeFolderError = MeshError<NodeFolderErrorCode>
