internal import Glibc
internal import MeshCore

/// The folder in a cluster's folder in which its sockets lie: its owner's alone, whatever the cluster's folder is.
enum SocketFolder {
    private static let name = "run"

    /// Makes it, or takes the one that is there; the descriptor is the caller's to close.
    static func make(in folder: String) throws(ClusterError) -> Int32 {
        let path = "\(folder)/\(name)"
        guard mkdir(path, 0o700) == 0 || errno == EEXIST, let place = open(in: folder) else {
            throw failed(path)
        }
        var status = stat()
        guard fstat(place, &status) == 0, status.st_uid == geteuid(), fchmod(place, 0o700) == 0 else {
            defer { close(place) }
            throw failed(path)
        }
        return place
    }

    /// The one of the cluster in `folder`, for the caller to close; nil where there is none.
    static func open(in folder: String) -> Int32? {
        let place = Glibc.open("\(folder)/\(name)", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        return place < 0 ? nil : place
    }

    /// Where the socket called `socket` lies, from the root; nil where no node can be told so long a path.
    static func path(of socket: String, in folder: String) -> String? {
        guard let root = realpath(folder, nil) else { return nil }
        defer { free(root) }
        let path = "\(String(cString: root))/\(name)/\(socket)"
        return path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) ? path : nil
    }

    /// Removes a socket that nobody listens at any more; those of a cluster that was killed are such.
    static func remove(_ socket: String, in folder: String) { unlink("\(folder)/\(name)/\(socket)") }

    private static func failed(_ path: String) -> ClusterError {
        ClusterError(.failed, "the folder '\(path)' cannot be made: \(String(cString: strerror(errno)))")
    }
}
