internal import CMeshLLM
internal import Glibc
internal import MeshCore

/// libmeshllm.so, opened.
///
/// It stays open for as long as the process lives.
///
/// Sendable although it holds C functions: they are those of a library that never goes away, and which threads may call
/// which of them is the care of ``LlamaModel`` and its like.
package final class LlamaLibrary: @unchecked Sendable {
    let symbols: LlamaSymbols

    /// The file that it was opened from.
    package let path: String

    private init(symbols: LlamaSymbols, path: String) {
        self.symbols = symbols
        self.path = path
    }

    /// The first library of `search` that is there.
    ///
    /// Throws `noLibrary` where none is, with where it was looked for; `unusableLibrary` where the first one that is
    /// there cannot be used: the next one would hide that somebody has to set it up again.
    package static func open(_ search: LibrarySearch) throws(EngineError) -> LlamaLibrary {
        guard let path = search.files.first(where: { access($0, F_OK) == 0 }) else {
            let places = search.files.isEmpty ? "nowhere" : search.files.joined(separator: ", ")
            throw EngineError(.noLibrary, "there is no embedded engine; looked for it in: \(places)")
        }
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
            throw EngineError(.unusableLibrary, "the embedded engine cannot be opened: \(reason)")
        }
        let symbols = try LlamaSymbols(in: handle)
        symbols.start()
        return LlamaLibrary(symbols: symbols, path: path)
    }

    /// The version of llama.cpp and the processor that it was built for.
    package var version: String { symbols.version().map { String(cString: $0) } ?? "unknown" }
}

extension EngineError {
    /// The error that a function of the library reports.
    ///
    /// The library's own sentence may hold what users wrote, and is not repeated.
    init(_ failure: mesh_llm_failure, _ what: String) {
        let code: EngineErrorCode =
            switch Int(failure.code) {
            case MESH_LLM_NO_FILE: .noFile
            case MESH_LLM_UNREADABLE: .unreadable
            case MESH_LLM_MISMATCH: .wrongModel
            case MESH_LLM_NO_MEMORY: .noMemory
            case MESH_LLM_TOO_LONG: .contextExceeded
            default: .failed
            }
        self.init(code, what)
    }
}
