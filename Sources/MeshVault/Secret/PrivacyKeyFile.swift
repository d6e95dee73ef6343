internal import Glibc
package import MeshCore

/// The secret of an edge's privacy in a file of its own, one line: what opens its maps and decides its placeholders.
///
///     meshnode-privacy-key-1 43 characters of base64url
package enum PrivacyKeyFile {
    /// The secret in the file at `path`, which must be its owner's alone; nil where there is no file.
    package static func read(_ path: String) throws(VaultError) -> TokenKey? {
        // Not to wait for the other end of a pipe that somebody has put there.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .last("the privacy key '\(path)' cannot be read")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .last("the privacy key '\(path)' cannot be read") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw VaultError(.malformedKey, "'\(path)' is no file, and the privacy key is to be one")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw VaultError(
                .exposed,
                "'\(path)' holds the privacy key and is open to others (mode \(mode)); run: chmod 600 '\(path)'"
            )
        }
        guard status.st_uid == geteuid() else {
            throw VaultError(
                .exposed,
                "'\(path)' holds the privacy key and belongs to user \(status.st_uid), while this process runs as user "
                    + "\(geteuid()): give it away (chown), or say 'edge.privacyKey' with another file"
            )
        }
        var bytes = [UInt8](repeating: 0, count: lineBytes + 1)
        defer { wipe(&bytes) }
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw .last("the privacy key '\(path)' cannot be read") }
        guard let key = key(in: bytes[..<count]) else {
            throw VaultError(
                .malformedKey,
                "'\(path)' holds no privacy key: put the right file there, or say 'edge.privacyKey' with another one"
            )
        }
        return key
    }

    /// Makes the file at `path`, which must not exist, with a fresh secret; after a crash it is whole or absent.
    package static func make(_ path: String) throws(VaultError) -> TokenKey {
        var bytes = try AuthenticatedCipher.chance(TokenKey.byteCount)
        defer { wipe(&bytes) }
        guard let key = bytes.withUnsafeBytes({ TokenKey(copying: $0) }) else {
            preconditionFailure("a key is as long as a hash")
        }
        var line = Array((label + Base64URL.encode(bytes) + "\n").utf8)
        defer { wipe(&line) }
        let (folder, name) = parts(of: path)
        let place = VaultFolder(path: folder)
        try place.make(name, line)
        return key
    }

    /// The folder of a file and its name in there.
    private static func parts(of path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        return (folder, String(path[path.index(after: slash)...]))
    }

    private static func key(in line: ArraySlice<UInt8>) -> TokenKey? {
        let text = line.last == UInt8(ascii: "\n") ? line.dropLast() : line
        guard text.starts(with: label.utf8) else { return nil }
        var bytes = Base64URL.decode(String(decoding: text.dropFirst(label.utf8.count), as: UTF8.self)) ?? []
        defer { wipe(&bytes) }
        return bytes.withUnsafeBytes { TokenKey(copying: $0) }
    }

    private static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
        }
    }

    private static let label = "meshnode-privacy-key-1 "
    /// 43 characters for 32 bytes, and the end of the line.
    private static let lineBytes = label.utf8.count + 44
}
