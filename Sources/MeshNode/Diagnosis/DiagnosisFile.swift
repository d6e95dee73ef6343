internal import Glibc
package import MeshCore

/// Writes a diagnosis to a file: whole, its owner's alone, or not at all.
package enum DiagnosisFile {
    /// Makes the file at `path`, which must not exist, with `bytes`.
    package static func create(_ path: String, _ bytes: [UInt8]) throws(DiagnosisError) {
        let draft = "\(path).new-\(getpid())"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw last("'\(path)' cannot be made") }
        let failure = write(bytes, to: file, path)
        close(file)
        defer { unlink(draft) }
        if let failure { throw failure }
        // A link, and not another name: that would take the place of what is there.
        guard link(draft, path) == 0 else {
            throw errno == EEXIST
                ? DiagnosisError(.exists, "'\(path)' exists and is not overwritten: choose another name (--output)")
                : last("'\(path)' cannot be made")
        }
    }

    private static func write(_ bytes: [UInt8], to file: Int32, _ path: String) -> DiagnosisError? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return last("'\(path)' cannot be written") }
            rest = rest.dropFirst(count)
        }
        return fsync(file) == 0 ? nil : last("'\(path)' cannot be written")
    }

    private static func last(_ doing: String) -> DiagnosisError {
        DiagnosisError(.unwritable, "\(doing): \(String(cString: strerror(errno)))")
    }
}

/// Why a diagnosis was not written.
package enum DiagnosisErrorCode: String, ErrorCode {
    package static let domain = "diagnosis"

    /// There is a file of that name.
    case exists
    /// It cannot be made, or the disk is full.
    case unwritable
}

/// An error of a diagnosis.
package typealias DiagnosisError = MeshError<DiagnosisErrorCode>
