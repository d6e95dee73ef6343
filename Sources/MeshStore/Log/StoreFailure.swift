internal import MeshActors
internal import MeshCore

extension JournalError {
    /// A place in the log that does not check, named.
    static func corrupt(
        _ position: LogPosition,
        in file: String,
        _ problem: String,
        cause: (any Error)? = nil
    ) -> JournalError {
        JournalError(.corrupt, "\(file), log position \(position.rawValue): \(problem)", cause: cause)
    }

    /// What a disk's refusal means to whoever wanted to read.
    static func reading(_ file: String, _ error: DiskError) -> JournalError {
        error.code == .noSpace
            ? JournalError(.readOnly, "no room while opening '\(file)'", cause: error)
            : JournalError(
                error.code == .notFound ? .corrupt : .unknownOutcome,
                "'\(file)' cannot be read",
                cause: error
            )
    }
}
