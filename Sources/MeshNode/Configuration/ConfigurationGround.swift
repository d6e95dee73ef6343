internal import Glibc
internal import MeshCore

/// The port to what a configuration is read from beside the command line.
package protocol ConfigurationGround: Sendable {
    /// The variables of the environment by name.
    var variables: [String: String] { get }

    /// The bytes of the file at `path`; the error says in words why there are none.
    func content(of path: String) throws(ConfigurationError) -> [UInt8]
}

/// The environment and the files of this process.
package struct ProcessGround: ConfigurationGround {
    /// The ground of this process.
    package init() {}

    /// Those whose names begin as ours do.
    package var variables: [String: String] {
        var found: [String: String] = [:]
        var next = environ
        while let line = next.pointee {
            let text = String(cString: line)
            if text.hasPrefix("MESHNODE_"), let sign = text.firstIndex(of: "=") {
                found[String(text[..<sign])] = String(text[text.index(after: sign)...])
            }
            next += 1
        }
        return found
    }

    /// A file that is longer than ``Limits/Configuration/maximumBytes`` is refused.
    package func content(of path: String) throws(ConfigurationError) -> [UInt8] {
        try Self.content(of: path, called: "the configuration")
    }

    /// The bytes of any file that people write; `noun` is what errors call it.
    package static func content(of path: String, called noun: String) throws(ConfigurationError) -> [UInt8] {
        // Not to wait for the other end of a pipe that somebody has put there.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw unreadable(path, noun, errno) }
        defer { close(file) }
        let limit = Limits.Configuration.maximumBytes
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= limit {
            let count = read(file, &piece, piece.count)
            if count == 0 { return bytes }
            if count > 0 {
                bytes += piece[..<count]
            } else if errno != EINTR {
                throw unreadable(path, noun, errno)
            }
        }
        throw ConfigurationError(path, "\(noun) has more than \(limit) bytes")
    }

    private static func unreadable(_ path: String, _ noun: String, _ number: Int32) -> ConfigurationError {
        ConfigurationError(path, "\(noun) cannot be read: \(String(cString: strerror(number)))")
    }
}

/// No environment, and no files but one: for looking at a file by itself.
package struct FileGround: ConfigurationGround {
    private let base: any ConfigurationGround

    /// The files of `base`.
    package init(_ base: any ConfigurationGround) { self.base = base }

    /// None.
    package var variables: [String: String] { [:] }

    /// As the base has it.
    package func content(of path: String) throws(ConfigurationError) -> [UInt8] { try base.content(of: path) }
}
