internal import Glibc
internal import MeshCore

/// The file of lines that were typed before: for its owner alone, and bounded.
struct HistoryFile {
    private let path: String

    /// The file in the folder where programs keep what they may lose; nil where there is none.
    init?(_ ground: CommandGround) {
        let home = ground.variable("HOME").map { "\($0)/.local/state" }
        guard let folder = ground.variable("XDG_STATE_HOME") ?? home, folder.hasPrefix("/") else { return nil }
        path = "\(folder)/synesis/history"
    }

    /// The lines; none where nothing can be read.
    ///
    /// A file that has grown beyond what is remembered is written anew.
    func read(_ ground: CommandGround) -> LineHistory {
        guard let bytes = ground.file(path, Limits.Commands.maximumHistoryBytes) else { return LineHistory() }
        let history = LineHistory(file: bytes)
        let count = bytes.count { $0 == UInt8(ascii: "\n") }
        if count > Limits.Commands.maximumHistoryLines * 2 { replace(history.file) }
        return history
    }

    /// Adds a line at its end; where that fails, nothing is remembered.
    func append(_ line: String) {
        makeFolders()
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        fchmod(file, 0o600)
        let bytes = LineHistory.written(line)
        _ = write(file, bytes, bytes.count)
    }

    private func replace(_ bytes: [UInt8]) {
        let draft = path + ".next"
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return }
        let count = write(file, bytes, bytes.count)
        close(file)
        if count == bytes.count { rename(draft, path) } else { unlink(draft) }
    }

    private func makeFolders() {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o700)
        }
    }
}
