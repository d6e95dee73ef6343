internal import Glibc
package import MeshCore
internal import MeshJSON

/// Where a running hub answers its operators, and the secret that they show there: a file in its folder that none but
/// its owner reads.
///
///     FOLDER/operator.json    {"url":"http://127.0.0.1:41234","secret":"…"}
///
/// Written at the start, in place of what a crash has left, and taken away at a stop in good order. Each start has a
/// secret of its own.
package struct OperatorFile: Hashable, Sendable {
    /// Where the hub answers: `http://127.0.0.1:41234`.
    package let url: String
    /// What is shown there.
    package let secret: String

    /// The file's name in the folder.
    package static let name = "operator.json"

    /// The file of a hub that answers at `url`.
    package init(url: String, secret: String) {
        self.url = url
        self.secret = secret
    }

    /// Puts it into `folder`: a reader sees the old one or the new one.
    package func write(into folder: String) throws(OperatorFileError) {
        let path = "\(folder)/\(Self.name)"
        let draft = "\(path).new-\(getpid())"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Self.last("'\(path)' cannot be written") }
        let object: JSONValue = ["url": .string(url), "secret": .string(secret)]
        let text = Array((JSONWriter.text(of: object) + "\n").utf8)
        let isWritten =
            Glibc.write(file, text, text.count) == text.count && fchmod(file, 0o600) == 0 && fsync(file) == 0
        let failure = Self.last("'\(path)' cannot be written")
        close(file)
        guard isWritten, rename(draft, path) == 0 else {
            unlink(draft)
            throw failure
        }
    }

    /// Takes it out of `folder`.
    package static func remove(from folder: String) { unlink("\(folder)/\(name)") }

    /// Reads the one in `folder`.
    package init(readingFrom folder: String) throws(OperatorFileError) {
        let path = "\(folder)/\(Self.name)"
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard file >= 0 else {
            throw errno == ENOENT
                ? OperatorFileError(.missing, "'\(path)' does not exist") : Self.last("'\(path)' cannot be read")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw OperatorFileError(.unusable, "'\(path)' is no file")
        }
        // Who could write it could send operators, and what they say, to a place of his own.
        guard status.st_uid == geteuid() || geteuid() == 0, status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw OperatorFileError(.unusable, "'\(path)' is not this user's alone (mode \(mode)): nobody believes it")
        }
        var bytes = [UInt8](repeating: 0, count: Limits.Operators.maximumFileBytes + 1)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0, count <= Limits.Operators.maximumFileBytes,
            let object = (try? JSONReader.read(Array(bytes[..<count])))?.object,
            let url = object["url"]?.text, let secret = object["secret"]?.text
        else { throw OperatorFileError(.unusable, "'\(path)' does not say what it should: start the hub again") }
        self.init(url: url, secret: secret)
    }

    private static func last(_ doing: String) -> OperatorFileError {
        OperatorFileError(.unusable, "\(doing): \(String(cString: strerror(errno)))")
    }
}

extension OperatorFile: CustomStringConvertible, CustomReflectable {
    package var description: String { "where operators are answered: \(url)" }

    /// Empty, so that no dump shows the secret.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// What can be wrong with the file for operators.
package enum OperatorFileErrorCode: String, ErrorCode {
    package static let domain = "operator-file"

    /// There is none: no hub runs there.
    case missing
    /// It cannot be read or written, or is not what it should be.
    case unusable
}

/// An error of the file for operators.
package typealias OperatorFileError = MeshError<OperatorFileErrorCode>
