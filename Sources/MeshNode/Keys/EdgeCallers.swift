internal import Glibc
package import MeshCore
package import MeshGateway
package import MeshIdentity

/// Who asks an edge: the programs of its machine, or those alone that show the edge's own key.
package struct EdgeCallers: CallerDirectory {
    private let tenant: TenantID
    /// A hash of the key; nil where none is needed.
    private let key: SHA256Digest?

    /// Callers of `tenant`, who need the key in the file at `path` where there is one.
    package init(tenant: TenantID, keyAt path: String?) throws(StartError) {
        self.tenant = tenant
        key = if let path { SHA256.digest(try Self.key(at: path)) } else { nil }
    }

    /// Of the edge's own tenant, for everything and as often as it likes.
    package var localCaller: Caller {
        Caller(tenant: tenant, key: nil, scopes: Set(KeyScope.allCases), requestsPerMinute: nil)
    }

    /// Whether whoever shows no key is refused.
    package var needsKey: Bool { key != nil }

    /// Whether there is one that counts.
    ///
    /// Where there is none, an application that was a hub's changes its address, and may keep the key that it shows.
    package var knowsKeys: Bool { key != nil }

    /// Hashes are compared, in the same time wherever they differ.
    package func caller(showing text: String) throws(CallerError) -> Caller {
        guard let key, SHA256.digest(Array(text.utf8)).isSame(as: key) else {
            throw CallerError(.unknownKey, "this is not the key of this edge")
        }
        return Caller(tenant: tenant, key: "edge", scopes: Set(KeyScope.allCases), requestsPerMinute: nil)
    }

    // MARK: The file

    private static func key(at path: String) throws(StartError) -> [UInt8] {
        // Not to wait for the other end of a pipe that somebody has put there.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw wrong(path, "cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw wrong(path, "is no file") }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw wrong(path, "is open to others (mode \(mode)); run: chmod 600 '\(path)'")
        }
        var bytes = [UInt8](repeating: 0, count: Limits.Keys.maximumEdgeKeyBytes + 2)
        let count = read(file, &bytes, bytes.count)
        guard count >= 0 else { throw wrong(path, "cannot be read: \(String(cString: strerror(errno)))") }
        var key = bytes[..<count]
        while let last = key.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { key.removeLast() }
        let lengths = Limits.Keys.minimumEdgeKeyBytes...Limits.Keys.maximumEdgeKeyBytes
        guard lengths.contains(key.count), key.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            let range = "from \(lengths.lowerBound) to \(lengths.upperBound)"
            throw wrong(path, "should have one line of \(range) printable characters, without spaces")
        }
        return Array(key)
    }

    private static func wrong(_ path: String, _ problem: String) -> StartError {
        StartError(.configuration, "edge.apiKeyFile '\(path)' \(problem)")
    }
}
