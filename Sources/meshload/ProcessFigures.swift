internal import Glibc
internal import MeshCore
internal import MeshTestKit

/// What the system says of this process.
enum ProcessFigures {
    /// Memory that is in use and in the machine.
    static var residentBytes: Int {
        let words = text("/proc/self/statm").split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * Int(getpagesize()) : 0
    }

    /// Open descriptors.
    static var descriptors: Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = -3  // itself, and the two names of folders
        while readdir(folder) != nil { count += 1 }
        return count
    }

    /// What processors have done for it, in milliseconds.
    static var processorMilliseconds: Int { processorMicroseconds / 1_000 }

    /// What processors have done for it, in microseconds.
    static var processorMicroseconds: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return seconds * 1_000_000 + Int(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    }

    private static func text(_ path: String) -> String { String(decoding: start(of: path), as: UTF8.self) }

    /// What stands at the begin of a file; nothing where it cannot be read.
    static func start(of path: String, count: Int = 4_096) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: count)
        let length = fread(&bytes, 1, count, file)
        return Array(bytes.prefix(length))
    }
}

/// One JSON object of figures, in the order given.
struct JSONLine {
    private var fields: [String]

    init(_ figures: [(String, Int)]) { fields = figures.map { "\"\($0)\":\($1)" } }

    /// Adds a list.
    mutating func append(_ name: String, _ list: [String]) {
        fields.append("\"\(name)\":[\(list.joined(separator: ","))]")
    }

    /// Adds a text.
    mutating func append(_ name: String, text: String) { fields.append("\"\(name)\":\(JSONText.quoted(text))") }

    var text: String { "{\(fields.joined(separator: ","))}" }
}
