internal import Glibc
internal import MeshInference

/// Where the library of the embedded engine and the tiny model are looked for.
struct EnginePlaces {
    /// The library.
    let library: LibrarySearch
    /// The tiny model's file, in the order in which places are looked at.
    let tinyModels: [String]

    /// As this process sees the machine; `library` is the one place that somebody has named.
    init(library: String?) {
        let executable = Self.executableFolder
        let caches = Self.variable("XDG_CACHE_HOME") ?? Self.variable("HOME").map { $0 + "/.cache" }
        self.init(
            library: library,
            environment: Self.variable(LibrarySearch.environmentName),
            executableFolder: executable,
            cacheFolder: Self.variable("MESHNODE_CACHE_DIR") ?? caches.map { $0 + "/meshnode" }
        )
    }

    /// Beside the program, where it is installed, and in the repository that it was built in.
    init(library: String?, environment: String?, executableFolder: String?, cacheFolder: String?) {
        self.library = LibrarySearch(
            configured: library,
            environment: environment,
            executableFolder: executableFolder,
            cacheFolder: cacheFolder
        )
        var folders: [String] = []
        if let executableFolder {
            folders = ["\(executableFolder)/models", "\(executableFolder)/../share/meshnode/models"]
            let parts = executableFolder.split(separator: "/", omittingEmptySubsequences: false)
            if let build = parts.lastIndex(of: ".build") {
                folders.append((parts[..<build] + ["models"]).joined(separator: "/"))
            }
        }
        tinyModels = folders.map { "\($0)/tiny/tiny-q8_0.gguf" }
    }

    /// The tiny model's file; nil where there is none.
    var tinyModel: String? { tinyModels.first { access($0, R_OK) == 0 } }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static var executableFolder: String? {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count)
        guard count > 0, count < path.count else { return nil }
        let text = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.lastIndex(of: "/").map { String(text[..<$0]) }
    }
}
