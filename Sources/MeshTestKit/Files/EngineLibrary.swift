internal import Glibc
package import MeshInference

/// The embedded engine's library as `scripts/setup` has left it, and the tiny model.
package enum EngineLibrary {
    /// The library; nil where there is none that can be used.
    package static let present: LlamaLibrary? = try? LlamaLibrary.open(search)

    /// Where it is looked for: the file that the environment names, else the folder where set-up keeps what it builds.
    package static var search: LibrarySearch {
        func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        let caches = value("XDG_CACHE_HOME") ?? value("HOME").map { $0 + "/.cache" }
        return LibrarySearch(
            environment: value(LibrarySearch.environmentName),
            executableFolder: nil,
            cacheFolder: value("MESHNODE_CACHE_DIR") ?? caches.map { $0 + "/meshnode" }
        )
    }

    /// The tiny model's file.
    package static let tinyModel = RepositoryFile.absolute("models/tiny/tiny-q8_0.gguf")
}
