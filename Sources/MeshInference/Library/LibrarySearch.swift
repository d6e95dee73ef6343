/// Where libmeshllm.so is looked for, in order.
///
/// A place that somebody names is the only one.
package struct LibrarySearch: Hashable, Sendable {
    /// The library's file name.
    package static let fileName = "libmeshllm.so"

    /// The environment's word for one file.
    package static let environmentName = "MESHNODE_LLM_LIBRARY"

    /// The files, in the order in which they are tried.
    package let files: [String]

    /// The one file that configuration or environment name, else beside the executable, in `lib` beside its folder, and
    /// in the folder where set-up keeps what it has built.
    package init(configured: String? = nil, environment: String? = nil, executableFolder: String?, cacheFolder: String?)
    {
        if let named = [configured, environment].compactMap({ $0 }).first(where: { !$0.isEmpty }) {
            files = [named]
            return
        }
        var files: [String] = []
        if let executableFolder {
            files.append("\(executableFolder)/\(Self.fileName)")
            files.append("\(executableFolder)/../lib/\(Self.fileName)")
        }
        if let cacheFolder { files.append("\(cacheFolder)/engine/\(Self.fileName)") }
        self.files = files
    }
}
