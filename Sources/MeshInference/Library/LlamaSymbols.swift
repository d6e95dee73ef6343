internal import CMeshLLM
internal import Glibc
internal import MeshCore

/// The functions of libmeshllm.so, by the types that CMeshLLM.h gives them.
struct LlamaSymbols {
    typealias Failure = UnsafeMutablePointer<mesh_llm_failure>?

    let start: @convention(c) () -> Void
    let version: @convention(c) () -> UnsafePointer<CChar>?
    let freeText: @convention(c) (UnsafeMutablePointer<CChar>?) -> Void

    let openModel: @convention(c) (UnsafePointer<CChar>, Failure) -> OpaquePointer?
    let closeModel: @convention(c) (OpaquePointer) -> Void
    let describeModel: @convention(c) (OpaquePointer, UnsafeMutablePointer<mesh_llm_model_facts>) -> Void
    let useTemplate: @convention(c) (OpaquePointer, UnsafePointer<CChar>, Failure) -> Int32
    let tokenize:
        @convention(c) (
            OpaquePointer, UnsafePointer<CChar>?, Int, Int32, UnsafeMutablePointer<Int32>?, Int32
        ) -> Int32
    let piece: @convention(c) (OpaquePointer, Int32, UnsafeMutablePointer<CChar>?, Int32) -> Int32
    let isEnd: @convention(c) (OpaquePointer, Int32) -> Int32

    let openAdapter: @convention(c) (OpaquePointer, UnsafeRawPointer?, Int, Failure) -> OpaquePointer?
    let closeAdapter: @convention(c) (OpaquePointer) -> Void

    let openContext:
        @convention(c) (
            OpaquePointer, OpaquePointer?, UnsafePointer<mesh_llm_context_options>, Failure
        ) -> OpaquePointer?
    let closeContext: @convention(c) (OpaquePointer) -> Void
    let contextBytes: @convention(c) (OpaquePointer) -> UInt64
    let decode: @convention(c) (OpaquePointer, UnsafePointer<mesh_llm_row>?, Int32) -> Int32
    let interrupt: @convention(c) (OpaquePointer) -> Void
    let resume: @convention(c) (OpaquePointer) -> Void
    let remove: @convention(c) (OpaquePointer, Int32, Int32) -> Int32
    let copy: @convention(c) (OpaquePointer, Int32, Int32, Int32) -> Void

    let openSampler: @convention(c) (OpaquePointer, UnsafePointer<mesh_llm_sampler_options>, Failure) -> OpaquePointer?
    let closeSampler: @convention(c) (OpaquePointer) -> Void
    let nextToken: @convention(c) (OpaquePointer, OpaquePointer, Int32) -> Int32

    let openChat: @convention(c) (OpaquePointer, UnsafePointer<CChar>, Failure) -> OpaquePointer?
    let closeChat: @convention(c) (OpaquePointer) -> Void
    let chatPrompt: @convention(c) (OpaquePointer, UnsafeMutablePointer<Int>) -> UnsafePointer<CChar>?
    let chatStop: @convention(c) (OpaquePointer, Int32) -> UnsafePointer<CChar>?
    let parseAnswer:
        @convention(c) (OpaquePointer, UnsafePointer<CChar>, Int32, Failure) -> UnsafeMutablePointer<CChar>?
    let grammarFromSchema: @convention(c) (UnsafePointer<CChar>, Failure) -> UnsafeMutablePointer<CChar>?

    /// All of them; throws where one is missing.
    init(in library: UnsafeMutableRawPointer) throws(EngineError) {
        func find<Function>(_ name: String, _: Function.Type = Function.self) throws(EngineError) -> Function {
            guard let symbol = dlsym(library, "mesh_llm_\(name)") else {
                throw EngineError(.unusableLibrary, "the engine's library has no function mesh_llm_\(name)")
            }
            // Right because the library's ABI number says that its functions are those of CMeshLLM.h.
            return unsafeBitCast(symbol, to: Function.self)
        }
        typealias ABI = @convention(c) () -> Int32
        let found = try find("abi", ABI.self)()
        guard found == MESH_LLM_ABI else {
            throw EngineError(
                .unusableLibrary,
                "the engine's library has interface \(found), wanted is \(MESH_LLM_ABI)"
            )
        }
        start = try find("start")
        version = try find("version")
        freeText = try find("text_free")
        openModel = try find("model_open")
        closeModel = try find("model_close")
        describeModel = try find("model_describe")
        useTemplate = try find("model_use_template")
        tokenize = try find("model_tokenize")
        piece = try find("model_piece")
        isEnd = try find("model_is_end")
        openAdapter = try find("adapter_open")
        closeAdapter = try find("adapter_close")
        openContext = try find("context_open")
        closeContext = try find("context_close")
        contextBytes = try find("context_bytes")
        decode = try find("context_decode")
        interrupt = try find("context_interrupt")
        resume = try find("context_resume")
        remove = try find("context_remove")
        copy = try find("context_copy")
        openSampler = try find("sampler_open")
        closeSampler = try find("sampler_close")
        nextToken = try find("sampler_next")
        openChat = try find("chat_open")
        closeChat = try find("chat_close")
        chatPrompt = try find("chat_prompt")
        chatStop = try find("chat_stop")
        parseAnswer = try find("chat_parse")
        grammarFromSchema = try find("grammar_from_schema")
    }
}
