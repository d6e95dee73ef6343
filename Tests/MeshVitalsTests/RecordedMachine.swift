import MeshCore
import MeshTestKit
import MeshVitals
import Testing

/// A machine of `Tests/Vectors/vitals`, at one moment.
struct RecordedMachine: VitalsFiles {
    static let names = [
        "amd-workstation", "container-v1", "container-v2", "laptop", "nvidia-server", "pod-v2", "this-machine",
        "virtual-machine",
    ]

    /// By their paths.
    var files: [String: [UInt8]] = [:]

    /// A machine of these files.
    init(_ files: [String: String]) { self.files = files.mapValues { Array($0.utf8) } }

    /// The machine called `name` at both moments.
    static func moments(_ name: String) throws -> (first: RecordedMachine, second: RecordedMachine) {
        let first = RecordedMachine(try read("Tests/Vectors/vitals/\(name)/first.txt"))
        var second = first
        for (path, text) in try read("Tests/Vectors/vitals/\(name)/second.txt") {
            second.files[path] = Array(text.utf8)
        }
        return (first, second)
    }

    private static func read(_ path: String) throws -> [String: String] {
        let text = try #require(RepositoryFile.text(path), "\(path)")
        var (files, name) = ([String: String](), "")
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("==> "), line.hasSuffix(" <==") {
                name = String(line.dropFirst(4).dropLast(4))
                files[name] = ""
            } else {
                files[name, default: ""] += line + "\n"
            }
        }
        return files
    }

    func bytes(of path: String) -> [UInt8]? { files[path] }

    func names(in folder: String) -> [String]? {
        let names = Set(
            files.keys.filter { $0.hasPrefix(folder + "/") }.compactMap { path in
                path.dropFirst(folder.count + 1).split(separator: "/").first.map(String.init)
            }
        )
        // In no order that anybody could rely on.
        return names.isEmpty ? nil : names.sorted { $0.hashValue < $1.hashValue }
    }

    func space(of path: String) -> FileSystemSpace? {
        let words = files["/space"].map { String(decoding: $0, as: UTF8.self).split { " \n".contains($0) } } ?? []
        guard words.count == 2, let total = UInt64(words[0]), let available = UInt64(words[1]) else { return nil }
        return FileSystemSpace(totalBytes: total, availableBytes: available)
    }

    /// What NVIDIA's program has printed there.
    var nvidia: [UInt8]? { files["/nvidia-smi"] }

    /// The vitals of the second moment, with rates since the first.
    static func vitals(_ name: String) throws -> Vitals {
        let (first, second) = try moments(name)
        return vitals(first, second)
    }

    static func vitals(_ first: RecordedMachine, _ second: RecordedMachine) -> Vitals {
        var sampler = VitalsSampler(dataFolder: "/data")
        _ = sampler.sample(first, nvidia: first.nvidia, load: NodeLoad(), now: .origin)
        return sampler.sample(second, nvidia: second.nvidia, load: NodeLoad(), now: .origin + .seconds(10))
    }
}
