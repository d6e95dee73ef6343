internal import Glibc
internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshNode
internal import MeshStore

/// Flips bytes of a log and its anchor beside an index that is in place, for Tests/ProcessTests/test_damaged_log.py.
///
/// Does in one process what opening a store does in two, so that every byte can be tried: the check of the log that is
/// the child's, and then, where it passes, the opening over the index and the reading of everything.
enum LogFlipsCommand {
    private static let folder = Option<String>("folder", "The store, closed, with its index; it is not changed.")
    private static let copy = Option<String>("copy", "A folder for damaged copies.")

    static let command = Command(
        "log-flips",
        summary: "Flip every byte of a log and its anchor in turn, and open and read the store.",
        parameters: [folder, copy]
    ) { invocation in
        var flips = try LogFlips(source: invocation[folder], copy: invocation[copy])
        let counts = try await flips.run { try invocation.terminal.writeLine($0) }
        try invocation.terminal.writeLine("\(counts.found) found, \(counts.harmless) harmless, \(counts.wrong) wrong")
        return counts.wrong == 0 ? .success : .failure
    }
}

/// A store whose log is damaged again and again.
private struct LogFlips {
    private let copy: String
    private let files: [(name: String, bytes: [UInt8])]

    init(source: String, copy: String) throws {
        self.copy = copy
        try POSIXDisk.makeFolder(copy)
        try POSIXDisk.makeFolder("\(copy)/log")
        var files: [(name: String, bytes: [UInt8])] = []
        for name in try POSIXDisk.names(in: "\(source)/log") where name != "lock" {
            files.append(("log/\(name)", try IndexFlips.contents("log/\(name)", in: source)))
        }
        for name in ["index.mdb", "index.mdb-seal"] {
            files.append((name, try IndexFlips.contents(name, in: source)))
        }
        self.files = files
    }

    mutating func run(_ say: (String) throws -> Void) async throws -> (found: Int, harmless: Int, wrong: Int) {
        try restore()
        let truth = try await StoreReading.lines(of: copy).lines
        var counts = (found: 0, harmless: 0, wrong: 0)
        for file in files where file.name.hasPrefix("log/") {
            // Of the zeros behind the last batch the first page stands for all.
            let end = min(file.bytes.count, (file.bytes.lastIndex { $0 != 0 } ?? 0) + 4_096)
            for offset in 0..<end {
                try restore()
                try flip(file.name, offset, file.bytes[offset])
                switch await outcome(truth) {
                case true?: counts.harmless += 1
                case nil: counts.found += 1
                case false?:
                    counts.wrong += 1
                    try say("WRONG  \(file.name) offset \(offset)")
                }
            }
        }
        return counts
    }

    /// Whether everything is served as it was; nil where the store is refused.
    private func outcome(_ truth: [String]) async -> Bool? {
        let disk = try? POSIXDisk(lookingAt: "\(copy)/log")
        guard let disk, (try? StoreVerification.checkLog(disk)) != nil else { return nil }
        disk.close()
        guard let served = try? await StoreReading.lines(of: copy) else { return nil }
        return served.lines == truth
    }

    private func restore() throws {
        for file in files { try write(file.bytes, to: file.name) }
    }

    private func flip(_ name: String, _ offset: Int, _ byte: UInt8) throws {
        let file = open("\(copy)/\(name)", O_WRONLY | O_CLOEXEC)
        defer { close(file) }
        // Any bit: which one follows from the place, so that a run can be repeated.
        guard [byte ^ (1 << UInt8(offset % 8))].withUnsafeBytes({ pwrite(file, $0.baseAddress, 1, off_t(offset)) }) == 1
        else { throw JournalError(.unknownOutcome, "'\(name)' cannot be written") }
    }

    private func write(_ bytes: [UInt8], to name: String) throws {
        let file = open("\(copy)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw JournalError(.unknownOutcome, "'\(name)' cannot be written") }
        defer { close(file) }
        let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw JournalError(.unknownOutcome, "'\(name)' is cut short") }
    }
}
