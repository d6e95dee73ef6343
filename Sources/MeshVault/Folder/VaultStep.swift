/// What has just been done to a file of a vault; a test stops there, as a full disk or the end of the process would.
package enum VaultStep: String, Hashable, Sendable, CaseIterable {
    /// A file beside it was made, empty.
    case drafted
    /// All was written to that.
    case written
    /// It is safe.
    case synced
    /// It has the file's name.
    case named
    /// Zeros stand where a key was.
    case wiped
    /// A file is gone.
    case removed
}
